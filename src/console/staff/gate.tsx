import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { openSession, type Session } from "../shared/session.ts";
import { say } from "../shared/words.ts";
import {
  findSession,
  forgetSession,
  keepSession,
  type Me,
  rememberedMe,
  type StaffApp,
  watchPresence,
  whoAmI,
} from "./identity.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { createRest, type Rest } from "./rest.ts";
import { ChangePassword, SignIn } from "./sign-in.tsx";

/** Everything a page of people works with, from login to logout. */
export interface Staff {
  readonly me: Me;
  readonly session: Session;
  readonly rest: Rest;
  readonly outbox: Outbox;
  readonly changePassword: () => void;
  readonly logOut: () => void;
}

type Step =
  | { at: "signIn"; ended: boolean }
  | { at: "asking"; token: string }
  | { at: "password"; token: string; me: Me }
  | { at: "in"; staff: Staff };

const ASK_AGAIN_MS = 3_000;

/** Lets people in, keeps their session alive while they are there, and shows the login when it is over. */
export function Gate({ app, children }: { app: StaffApp; children: (staff: Staff) => ComponentChildren }) {
  const found = findSession(app);
  const step = useSignal<Step>(found ? { at: "asking", token: found } : { at: "signIn", ended: false });
  const current = step.value;
  const began = (token: string) => {
    keepSession(app, token);
    step.value = { at: "asking", token };
  };

  const enter = (token: string, me: Me) => {
    const rest = createRest(token);
    let unwatch = () => {};
    const stop = () => {
      unwatch();
      session.stream.close();
      outbox.close();
    };
    const leave = (ended: boolean) => {
      stop();
      forgetSession(app);
      step.value = { at: "signIn", ended };
    };
    const session = openSession(token, () => leave(true));
    const outbox = createOutbox(me.login ?? `token.${me.name}`, rest);
    if (me.idleMinutes !== null) unwatch = watchPresence(token);
    const logOut = () => {
      if (me.login !== null) void rest.call("DELETE", "/session").catch(() => {});
      leave(false);
    };
    const changePassword = () => {
      stop();
      step.value = { at: "password", token, me };
    };
    step.value = { at: "in", staff: { me, session, rest, outbox, logOut, changePassword } };
  };

  useEffect(() => {
    if (current.at !== "asking") return;
    const { token } = current;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const me = await whoAmI(app, token);
        if (!me) {
          forgetSession(app);
          step.value = { at: "signIn", ended: true };
        } else if (me.mustChangePassword) step.value = { at: "password", token, me };
        else enter(token, me);
      } catch {
        const known = rememberedMe(app);
        if (known) enter(token, known);
        else timer = setTimeout(() => void ask(), ASK_AGAIN_MS);
      }
    };
    void ask();
    return () => clearTimeout(timer);
  }, [current]);

  if (current.at === "signIn") return <SignIn ended={current.ended} onToken={began} />;
  if (current.at === "password") return <ChangePassword token={current.token} me={current.me} onToken={began} />;
  if (current.at === "asking") return <p class="waiting">{say("connecting")}</p>;
  return <>{children(current.staff)}</>;
}
