import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { AlertView } from "../../stream/protocol.ts";
import { words } from "../shared/language.ts";
import { actionOf, perform } from "./actions.ts";
import { type Desk, useDesk } from "./desk.ts";
import { distanceText, durationText } from "./words.ts";

const say = words({
  title: { zh: "附近班组", en: "Nearest crews" },
  none: { zh: "没有登记的班组", en: "No crew is registered" },
  eta: { zh: "{time} 可到", en: "{time} to go" },
  load: { zh: "在办 {n} 件", en: "{n} under way" },
  offDuty: { zh: "不在班", en: "off duty" },
  unfit: { zh: "专业不符", en: "other work" },
  age: { zh: "位置 {time}前", en: "position {time} old" },
  unknown: { zh: "位置未知", en: "position unknown" },
  send: { zh: "派单", en: "Send" },
});

/** `GET /alerts/:id/crews` */
export interface CrewSuggestion {
  readonly crewId: string;
  readonly name: string;
  readonly onDuty: boolean;
  readonly fits: boolean;
  readonly distanceM: number | null;
  readonly etaSeconds: number | null;
  readonly positionAgeMs: number | null;
  readonly load: number;
}

/** A position older than this says where somebody was, not where they are. */
const OLD_POSITION_MS = 60_000;

export function useCrews(alertId: string | null): readonly CrewSuggestion[] | null {
  const { rest } = useDesk();
  const crews = useSignal<readonly CrewSuggestion[] | null>(null);
  useEffect(() => {
    crews.value = null;
    if (alertId === null) return;
    let current = true;
    const load = () =>
      rest.get<{ items: CrewSuggestion[] }>(`/alerts/${encodeURIComponent(alertId)}/crews`).then(
        ({ items }) => {
          if (current) crews.value = items;
        },
        () => {},
      );
    void load();
    const timer = setInterval(load, 15_000);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [alertId]);
  return crews.value;
}

const names = signal<ReadonlyMap<string, string>>(new Map());
const NAMES_ASKED_EVERY_MS = 60_000;
let namesAskedAt = Number.NEGATIVE_INFINITY;

/** What crews are called, asked for when one is not known yet; until then, and for one nobody registered, its id. */
export function useCrewName(): (crewId: string) => string {
  const { rest, may } = useDesk();
  return (crewId) => {
    const name = names.value.get(crewId);
    if (name === undefined && may("readPeople") && performance.now() - namesAskedAt > NAMES_ASKED_EVERY_MS) {
      namesAskedAt = performance.now();
      rest.get<{ items: { id: string; name: string }[] }>("/crews").then(
        ({ items }) => {
          names.value = new Map(items.map(({ id, name }) => [id, name]));
        },
        () => {},
      );
    }
    return name ?? crewId;
  };
}

/** What speaks for a crew and against it. */
export function crewText({ onDuty, fits, distanceM, etaSeconds, positionAgeMs, load }: CrewSuggestion): string {
  return [
    onDuty ? null : say("offDuty"),
    fits ? null : say("unfit"),
    distanceM === null ? say("unknown") : distanceText(distanceM),
    etaSeconds === null ? null : say("eta", { time: durationText(etaSeconds * 1_000) }),
    positionAgeMs !== null && positionAgeMs > OLD_POSITION_MS
      ? say("age", { time: durationText(positionAgeMs) })
      : null,
    say("load", { n: load }),
  ]
    .filter(Boolean)
    .join(" · ");
}

const SHOWN = 5;

export function Crews({ alert }: { alert: AlertView }) {
  const desk = useDesk();
  const possible = desk.can("dispatch", alert) && desk.may("readPeople");
  const crews = useCrews(possible ? alert.id : null);
  if (!possible || !crews || crews.length === 0) return null;
  return (
    <section class="crews">
      <h3>{say("title")}</h3>
      <ul>
        {crews.slice(0, SHOWN).map((crew) => (
          <li key={crew.crewId} class={crew.onDuty && crew.fits ? "" : "unfit"}>
            <strong>{crew.name}</strong>
            <span>{crewText(crew)}</span>
            <button type="button" onClick={() => sendCrew(desk, alert, crew.crewId)}>
              {say("send")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function sendCrew(desk: Desk, alert: AlertView, crewId: string): void {
  const dispatch = actionOf("dispatch");
  if (dispatch) void perform(desk, dispatch, [alert], { crewId });
}
