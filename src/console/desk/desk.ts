import type { AlertView } from "../../stream/protocol.ts";
import { findToken, openSession, type Session } from "../shared/session.ts";
import { alertLine, byUrgency } from "./alert-list.ts";
import { centerNow, showFreshness } from "./freshness.ts";
import { askForToken } from "./login.ts";
import { clockText, stateText, switchLanguage, type TextName, text } from "./text.ts";

const element = <E extends Element = HTMLElement>(selector: string): E => document.querySelector(selector) as E;

interface Action {
  readonly key: string;
  readonly path: string;
  readonly name: TextName;
  /** What has to be asked first; null: nothing. */
  ask(): Record<string, string> | null | undefined;
}

const askNote = () => {
  const note = prompt(text("notePrompt"));
  return note ? { note } : undefined;
};
const actions: readonly Action[] = [
  { key: "a", path: "acknowledge", name: "acknowledge", ask: () => null },
  {
    key: "d",
    path: "dispatch",
    name: "dispatch",
    ask: () => {
      const crewId = prompt(text("crewPrompt"));
      return crewId ? { crewId } : undefined;
    },
  },
  { key: "c", path: "comment", name: "comment", ask: askNote },
  { key: "x", path: "close", name: "close", ask: askNote },
];

let selectedId: string | null = null;

async function act(session: Session, alert: AlertView, action: Action): Promise<void> {
  const body = action.ask();
  if (body === undefined) return;
  const answer = await session.rest("POST", `/alerts/${alert.id}/${action.path}`, body ?? {}, {
    "if-match": String(alert.rev),
    "idempotency-key": crypto.randomUUID(),
  });
  const notice = element("#notice");
  if (answer.ok) notice.textContent = "";
  else notice.textContent = ((await answer.json()) as { detail?: string }).detail ?? String(answer.status);
}

function fact(name: string, value: string): HTMLElement {
  const line = document.createElement("p");
  const label = document.createElement("small");
  label.textContent = name;
  line.append(label, value);
  return line;
}

function drawCard(session: Session, alert: AlertView | undefined): void {
  const card = element("#card");
  if (!alert) {
    card.replaceChildren();
    return;
  }
  const heading = document.createElement("h2");
  heading.textContent = `${session.ruleTitle(alert.ruleId)} · ${alert.subject.id}`;
  const evidence = alert.evidence.map(({ source, at, ...facts }) =>
    fact(
      `${source} ${clockText(at)}`,
      Object.entries(facts)
        .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
        .join(", "),
    ),
  );
  const buttons = document.createElement("div");
  buttons.className = "actions";
  for (const action of actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${text(action.name)} (${action.key})`;
    button.addEventListener("click", () => void act(session, alert, action));
    buttons.append(button);
  }
  const { place } = alert;
  const lines = [
    heading,
    fact(stateText(alert.state), clockText(alert.openedAt, true)),
    ...(place
      ? [
          fact(
            text("place"),
            `${place.communityId ?? ""} ${place.gridId ?? ""} ${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}`,
          ),
        ]
      : []),
    ...(alert.targetAt ? [fact(text("deadline"), clockText(alert.targetAt, true))] : []),
    fact(text("count"), String(alert.count)),
    ...evidence,
    buttons,
  ];
  card.replaceChildren(...lines);
}

async function start(): Promise<void> {
  element("#title").textContent = text("desk");
  element("#keys").textContent = text("keys");
  element("#language").textContent = text("other");
  element("#language").addEventListener("click", () => {
    switchLanguage();
    location.reload();
  });
  const token = findToken("desk");
  if (!token) return askForToken();
  const session = openSession(token, askForToken);
  const { stream } = session;
  const alerts = stream.subscribe("alerts", { filter: { open: true } });
  const queue = (): AlertView[] => [...alerts.items.values()].sort(byUrgency);
  const draw = () => {
    const now = centerNow(stream) ?? Date.now();
    const list = queue();
    if (!list.some(({ id }) => id === selectedId)) selectedId = list[0]?.id ?? null;
    const lines = list.map((alert) => {
      const line = alertLine(alert, session.ruleTitle(alert.ruleId), now);
      line.classList.toggle("selected", alert.id === selectedId);
      line.addEventListener("click", () => {
        selectedId = alert.id;
        draw();
      });
      return line;
    });
    element("#queue").replaceChildren(...lines);
    drawCard(
      session,
      list.find(({ id }) => id === selectedId),
    );
  };
  let due = false;
  alerts.onChange(({ upsert, gone, replaced }) => {
    if (due || (upsert.length === 0 && gone.length === 0 && !replaced)) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      draw();
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return;
    const list = queue();
    const at = list.findIndex(({ id }) => id === selectedId);
    if (event.key === "j" || event.key === "k") {
      selectedId = list[Math.max(0, Math.min(list.length - 1, at + (event.key === "j" ? 1 : -1)))]?.id ?? null;
      draw();
      document.querySelector(".selected")?.scrollIntoView({ block: "nearest" });
      return;
    }
    const action = actions.find(({ key }) => key === event.key);
    const alert = list[at];
    if (action && alert) void act(session, alert, action);
  });
  setInterval(() => showFreshness(stream, false), 1_000);
}

void start();
