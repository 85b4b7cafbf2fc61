import { useEffect, useState } from "preact/hooks";
import { switchLanguage } from "../shared/language.ts";
import { keepToken } from "../shared/session.ts";
import { say as sayShared } from "../shared/words.ts";
import { say } from "./words.ts";

const ASK_EVERY_MS = 3_000;

interface Opened {
  readonly code: string;
  readonly secret: string;
  /** By the center's clock, as `now`. */
  readonly expiresAt: number;
  readonly now: number;
}

const post = (path: string, body: object): Promise<Response> =>
  fetch(`/api/v1${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

/**
 * Asks for a code, shows it, and asks until somebody confirmed it; a code that expired is replaced by another.
 * @param refused it was paired, and its token has been taken back or has run out
 */
export function Pairing({ paired, refused }: { paired: () => void; refused: boolean }) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const [minutes, setMinutes] = useState(0);
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout>;
    let current: Opened | null = null;
    const step = async () => {
      if (!current) {
        const answer = await post("/pairings", {});
        current = answer.ok ? ((await answer.json()) as Opened) : null;
        if (current) setMinutes(Math.max(1, Math.round((current.expiresAt - current.now) / 60_000)));
        setOpened(current);
        return;
      }
      const answer = await post("/pairings/collect", { secret: current.secret });
      if (answer.status === 200) {
        keepToken("wall", ((await answer.json()) as { token: string }).token);
        return paired();
      }
      if (answer.status === 404) current = null;
    };
    const turn = () =>
      void step()
        // A center that is away is asked again.
        .catch(() => {})
        .finally(() => {
          if (!gone) timer = setTimeout(turn, current ? ASK_EVERY_MS : ASK_EVERY_MS / 3);
        });
    turn();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [paired]);
  return (
    <main class="pairing">
      <h1>{sayShared("center")}</h1>
      <p class={refused ? "refused" : ""}>{say(refused ? "pairAgain" : "pairTitle")}</p>
      <p>{say("pairHow", { address: `${location.host}/desk` })}</p>
      <output class="code">{opened ? `${opened.code.slice(0, 3)} ${opened.code.slice(3)}` : "··· ···"}</output>
      <p class="hint">{opened ? say("pairWaiting", { minutes }) : say("pairTrying")}</p>
      <button type="button" onClick={switchLanguage}>
        {sayShared("otherLanguage")}
      </button>
    </main>
  );
}
