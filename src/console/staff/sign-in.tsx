import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { switchLanguage, words } from "../shared/language.ts";
import { say as sayCommon } from "../shared/words.ts";
import type { Me } from "./identity.ts";
import { createRest, Refused } from "./rest.ts";

const say = words({
  name: { zh: "账号", en: "Name" },
  password: { zh: "密码", en: "Password" },
  logIn: { zh: "登录", en: "Log in" },
  withToken: { zh: "使用访问令牌", en: "Use an access token" },
  withPassword: { zh: "使用账号密码", en: "Use name and password" },
  token: { zh: "访问令牌", en: "Access token" },
  wrong: { zh: "账号或密码不正确", en: "Name or password is wrong" },
  locked: { zh: "错误次数过多，请 {seconds} 秒后再试", en: "Too many wrong passwords; try again in {seconds} s" },
  unreachable: { zh: "无法连接中心，请稍后再试", en: "The center cannot be reached; try again in a moment" },
  tokenWrong: { zh: "令牌无效", en: "The token is not valid" },
  ended: {
    zh: "会话已结束，请重新登录。未发送的操作仍保存在本机。",
    en: "Your session has ended; log in again. What was not sent yet is kept.",
  },
  change: { zh: "设置新密码", en: "Choose a new password" },
  changeWhy: { zh: "此密码由他人设置，须先修改。", en: "This password was given by somebody else: change it first." },
  current: { zh: "当前密码", en: "Present password" },
  fresh: { zh: "新密码（至少 12 个字符）", en: "New password (12 characters or more)" },
  again: { zh: "再次输入新密码", en: "New password again" },
  differ: { zh: "两次输入不一致", en: "The two are not the same" },
  currentWrong: { zh: "当前密码不正确", en: "The present password is wrong" },
  save: { zh: "保存并登录", en: "Save and go on" },
  advice: {
    zh: "三四个互不相关的词最好记也最安全，不要求大小写或符号。",
    en: "Three or four words that have nothing to do with each other are good and easy to keep.",
  },
});

function Page({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="sign-in">
      <header>
        <h1>{sayCommon("center")}</h1>
        <button type="button" onClick={switchLanguage}>
          {sayCommon("otherLanguage")}
        </button>
      </header>
      <h2>{title}</h2>
      {children}
    </main>
  );
}

interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: "password";
  readonly autocomplete: string;
}

function Input({ field: { name, type, autocomplete }, first }: { field: Field; first: boolean }) {
  const element = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (first) element.current?.focus();
  }, [first]);
  const common = { name, autocomplete, required: true, ref: element, spellcheck: false };
  return type ? <input type={type} {...common} /> : <input {...common} />;
}

/** A small form: fields, one button, what went wrong. */
function Form(props: {
  fields: readonly Field[];
  button: string;
  onSend: (values: Readonly<Record<string, string>>) => Promise<string | null>;
}) {
  const problem = useSignal<string | null>(null);
  const busy = useSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    const values = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)) as Record<string, string>;
    problem.value = await props.onSend(values).catch((error) => problemText(error));
    busy.value = false;
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      {props.fields.map((field, i) => (
        // biome-ignore lint/a11y/noLabelWithoutControl: the input is inside
        <label key={field.name}>
          {field.label}
          <Input field={field} first={i === 0} />
        </label>
      ))}
      <p class="problem" role="alert">
        {problem.value}
      </p>
      <button type="submit" class="primary" disabled={busy.value}>
        {props.button}
      </button>
    </form>
  );
}

function problemText(error: unknown): string {
  if (!(error instanceof Refused)) return say("unreachable");
  const seconds = /(\d+) s$/.exec(error.message)?.[1];
  if (error.code === "tooManyAttempts") return say("locked", { seconds: seconds ?? "…" });
  return error.code === "badCredentials" ? say("wrong") : error.message;
}

export interface SignInProps {
  /** An earlier session was ended. */
  readonly ended: boolean;
  /** What was typed the last time. */
  readonly onToken: (token: string) => void;
}

/** Name and password, or for screens and first steps a token. */
export function SignIn({ ended, onToken }: SignInProps) {
  const byToken = useSignal(false);
  const rest = createRest(null);
  const logIn = async ({ name = "", password = "" }: Readonly<Record<string, string>>) => {
    const begun = await rest.ask<{ token: string }>("POST", "/session", { name, password });
    onToken(begun.token);
    return null;
  };
  const useToken = async ({ token = "" }: Readonly<Record<string, string>>) => {
    const answer = await createRest(token.trim()).call("GET", "/session");
    if (!answer.ok) return say("tokenWrong");
    onToken(token.trim());
    return null;
  };
  return (
    <Page title={say("logIn")}>
      {ended && <p class="notice">{say("ended")}</p>}
      {byToken.value ? (
        <Form
          key="token"
          fields={[{ name: "token", label: say("token"), type: "password", autocomplete: "off" }]}
          button={say("logIn")}
          onSend={useToken}
        />
      ) : (
        <Form
          key="password"
          fields={[
            { name: "name", label: say("name"), autocomplete: "username" },
            { name: "password", label: say("password"), type: "password", autocomplete: "current-password" },
          ]}
          button={say("logIn")}
          onSend={logIn}
        />
      )}
      <button
        type="button"
        class="link"
        onClick={() => {
          byToken.value = !byToken.value;
        }}
      >
        {byToken.value ? say("withPassword") : say("withToken")}
      </button>
    </Page>
  );
}

/** A new password: forced at the first login, or by free will. */
export function ChangePassword(props: { token: string; me: Me; onToken: (token: string) => void }) {
  const change = async ({ current = "", fresh = "", again = "" }: Readonly<Record<string, string>>) => {
    if (fresh !== again) return say("differ");
    try {
      const body = { current, password: fresh };
      props.onToken((await createRest(props.token).ask<{ token: string }>("PUT", "/session/password", body)).token);
      return null;
    } catch (error) {
      if (error instanceof Refused && error.code === "badCredentials") return say("currentWrong");
      throw error;
    }
  };
  const fields: Field[] = [
    { name: "current", label: say("current"), type: "password", autocomplete: "current-password" },
    { name: "fresh", label: say("fresh"), type: "password", autocomplete: "new-password" },
    { name: "again", label: say("again"), type: "password", autocomplete: "new-password" },
  ];
  return (
    <Page title={say("change")}>
      {props.me.mustChangePassword && <p class="notice">{say("changeWhy")}</p>}
      <p class="advice">{say("advice")}</p>
      <Form fields={fields} button={say("save")} onSend={change} />
    </Page>
  );
}
