import { connect, type StreamClient } from "../../stream/client.ts";
import { currentLanguage, text } from "./text.ts";

const STORED = "kerbside.token";

/**
 * The token of this screen: from the address's fragment, which no server ever sees, or from an earlier visit. The fragment is
 * removed at once, so that nobody reads it off the wall or copies it with the address.
 */
export function findToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    localStorage.setItem(STORED, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return localStorage.getItem(STORED);
}

export function askForToken(): void {
  localStorage.removeItem(STORED);
  const form = document.querySelector<HTMLFormElement>("#login");
  if (!form?.hidden) return;
  const label = document.createElement("label");
  label.textContent = text("token");
  const input = document.createElement("input");
  input.type = "password";
  input.autocomplete = "off";
  const button = document.createElement("button");
  button.textContent = text("login");
  label.append(input);
  form.replaceChildren(label, button);
  form.hidden = false;
  input.focus();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!input.value) return;
    localStorage.setItem(STORED, input.value);
    location.reload();
  });
}

export interface RuleInfo {
  readonly id: string;
  readonly title: { readonly zh: string; readonly en: string };
}

export interface Session {
  readonly stream: StreamClient;
  rest(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  ruleTitle(ruleId: string): string;
}

/** Connects a screen, or shows the login. */
export async function openSession(): Promise<Session | null> {
  const token = findToken();
  if (!token) {
    askForToken();
    return null;
  }
  const rest: Session["rest"] = (method, path, body, headers = {}) =>
    fetch(`/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const rules = new Map<string, RuleInfo>();
  const loadRules = async (): Promise<void> => {
    const answer = await rest("GET", "/catalog");
    if (answer.status === 401) return askForToken();
    if (!answer.ok) throw new Error(`the catalogue answered ${answer.status}`);
    const { rules: known } = (await answer.json()) as { rules: RuleInfo[] };
    for (const rule of known) rules.set(rule.id, rule);
  };
  // A center that is just starting must not leave a wall blank for months.
  const keepTrying = (): void => void loadRules().catch(() => setTimeout(keepTrying, 3_000));
  keepTrying();
  const stream = connect({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/stream`,
    token,
    onStatus: (status) => {
      if (status === "refused") askForToken();
    },
  });
  return { stream, rest, ruleTitle: (id) => rules.get(id)?.title[currentLanguage()] ?? id };
}
