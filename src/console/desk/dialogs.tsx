import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { AlertView } from "../../stream/protocol.ts";
import { words } from "../shared/language.ts";
import { dateTimeText } from "../shared/time.ts";
import { aboutOf, actionOf, actionText, type DeskAction, perform } from "./actions.ts";
import { crewText, useCrews } from "./crews.tsx";
import { useDesk } from "./desk.ts";
import { ExportForm, exportTitle } from "./export-form.tsx";
import { KeyHelp } from "./key-help.tsx";
import { reasonText, rejectReasons } from "./reasons.ts";
import { Search } from "./search.tsx";
import { say as sayDesk } from "./words.ts";

const say = words({
  noteFor: { zh: "{action}：填写说明", en: "{action}: say why" },
  optional: { zh: "可不填", en: "optional" },
  crewFor: { zh: "派给哪个班组？", en: "Which crew goes?" },
  otherCrew: { zh: "班组或责任人编号", en: "Name of a crew or person" },
  untilFor: { zh: "{action}到什么时候？", en: "{action} until when?" },
  reasonFor: { zh: "为什么是误报？", en: "Why is it a false alarm?" },
  mergeFor: { zh: "合并到哪条告警？", en: "Merge into which alert?" },
  many: { zh: "{n} 条告警", en: "{n} alerts" },
  chooseOne: { zh: "附近没有可合并的告警", en: "No alert near by to merge into" },
  hint: { zh: "Enter 提交 · Shift+Enter 换行 · Esc 取消", en: "Enter sends · Shift+Enter new line · Esc cancels" },
  m15: { zh: "15 分钟", en: "15 min" },
  h1: { zh: "1 小时", en: "1 hour" },
  h4: { zh: "4 小时", en: "4 hours" },
  h24: { zh: "24 小时", en: "24 hours" },
});

/** The one dialog that is open, if any. The browser's own element keeps the focus inside and gives it back. */
export function Dialogs() {
  const desk = useDesk();
  const dialog = desk.dialog.value;
  if (!dialog) return null;
  if (dialog.kind === "help") return <Modal title={sayDesk("help")}>{<KeyHelp />}</Modal>;
  if (dialog.kind === "search") return <Modal title={sayDesk("search")}>{<Search />}</Modal>;
  if (dialog.kind === "export") {
    return <Modal title={exportTitle(dialog.device)}>{<ExportForm device={dialog.device} />}</Modal>;
  }
  const action = actionOf(dialog.action);
  const alerts = dialog.ids.flatMap((id) => desk.alerts.value.get(id) ?? []);
  if (!action || alerts.length === 0) return null;
  return <ActionDialog action={action} alerts={alerts} />;
}

export function Modal({ title, children }: { title: string; children: ComponentChildren }) {
  const desk = useDesk();
  const element = useRef<HTMLDialogElement>(null);
  // Before the next key comes: what is typed fast belongs into the dialog already.
  useLayoutEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog
      ref={element}
      aria-label={title}
      onClose={() => {
        desk.dialog.value = null;
      }}
      onClick={(event) => {
        if (event.target === element.current) element.current?.close();
      }}
      onKeyDown={() => {}}
    >
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

function ActionDialog({ action, alerts }: { action: DeskAction; alerts: readonly AlertView[] }) {
  const desk = useDesk();
  const [first] = alerts;
  const about = alerts.length > 1 ? say("many", { n: alerts.length }) : first ? aboutOf(desk, first) : "";
  const send = (body: Readonly<Record<string, unknown>>) => {
    desk.dialog.value = null;
    void perform(desk, action, alerts, body);
  };
  const name = actionText(action.id);
  const titles = {
    note: say("noteFor", { action: name }),
    crew: say("crewFor"),
    until: say("untilFor", { action: name }),
    reason: say("reasonFor"),
    alert: say("mergeFor"),
  } as const;
  const asks = action.asks ?? "note";
  return (
    <Modal title={titles[asks]}>
      <p class="about">{about}</p>
      {asks === "note" && (
        <NoteForm required={action.id !== "close"} onSend={(note) => send(note === "" ? {} : { note })} />
      )}
      {asks === "reason" && <ReasonForm onSend={(note) => send({ note })} />}
      {asks === "crew" && first && <CrewForm alert={first} onSend={send} />}
      {asks === "until" && <UntilForm needsNote={action.id !== "shelve"} onSend={send} />}
      {asks === "alert" && first && <MergeForm alert={first} onSend={(into) => send({ into })} />}
    </Modal>
  );
}

function NoteForm({ required, onSend }: { required: boolean; onSend: (note: string) => void }) {
  const note = useSignal("");
  const submit = () => {
    if (required && note.value.trim() === "") return;
    onSend(note.value.trim());
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label>
        {sayDesk("note")} {required ? "" : `(${say("optional")})`}
        <textarea
          autofocus
          rows={3}
          maxLength={2_000}
          value={note.value}
          onInput={(event) => {
            note.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            submit();
          }}
        />
      </label>
      <footer>
        <small>{say("hint")}</small>
        <button type="submit" class="primary" disabled={required && note.value.trim() === ""}>
          {sayDesk("send")}
        </button>
      </footer>
    </form>
  );
}

/** Reasons by digit: a decision takes two keys. */
function ReasonForm({ onSend }: { onSend: (note: string) => void }) {
  return (
    <>
      <ol
        class="choices"
        onKeyDown={(event) => {
          const reason = rejectReasons[Number(event.key) - 1];
          if (reason) onSend(reasonText(reason));
        }}
      >
        {rejectReasons.map((reason, i) => (
          <li key={reason}>
            <button type="button" autofocus={i === 0} onClick={() => onSend(reasonText(reason))}>
              <kbd>{i + 1}</kbd> {reasonText(reason)}
            </button>
          </li>
        ))}
      </ol>
      <NoteForm required onSend={onSend} />
    </>
  );
}

function CrewForm({ alert, onSend }: { alert: AlertView; onSend: (body: Readonly<Record<string, unknown>>) => void }) {
  const { may } = useDesk();
  const crews = useCrews(may("readPeople") ? alert.id : null) ?? [];
  const other = useSignal("");
  return (
    <>
      <ol
        class="choices"
        onKeyDown={(event) => {
          const crew = crews[Number(event.key) - 1];
          if (crew) onSend({ crewId: crew.crewId });
        }}
      >
        {crews.slice(0, 9).map((crew, i) => (
          <li key={crew.crewId}>
            <button
              type="button"
              autofocus={i === 0}
              class={crew.onDuty && crew.fits ? "" : "unfit"}
              onClick={() => onSend({ crewId: crew.crewId })}
            >
              <kbd>{i + 1}</kbd> <strong>{crew.name}</strong> <small>{crewText(crew)}</small>
            </button>
          </li>
        ))}
      </ol>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (other.value.trim() !== "") onSend({ crewId: other.value.trim() });
        }}
      >
        <label>
          {say("otherCrew")}
          <input
            autofocus={crews.length === 0}
            maxLength={128}
            value={other.value}
            onInput={(event) => {
              other.value = event.currentTarget.value;
            }}
          />
        </label>
        <footer>
          <span />
          <button type="submit" class="primary" disabled={other.value.trim() === ""}>
            {sayDesk("send")}
          </button>
        </footer>
      </form>
    </>
  );
}

const spans = [
  ["m15", 15],
  ["h1", 60],
  ["h4", 240],
  ["h24", 1_440],
] as const;

function UntilForm({
  needsNote,
  onSend,
}: {
  needsNote: boolean;
  onSend: (body: Readonly<Record<string, unknown>>) => void;
}) {
  const { now } = useDesk();
  const minutes = useSignal<number>(60);
  const until = () => now.peek() + minutes.value * 60_000;
  return (
    <>
      <ol
        class="choices row"
        onKeyDown={(event) => {
          const span = spans[Number(event.key) - 1];
          if (span && !needsNote) onSend({ until: now.peek() + span[1] * 60_000 });
        }}
      >
        {spans.map(([name, length], i) => (
          <li key={name}>
            <button
              type="button"
              autofocus={i === 0}
              aria-pressed={needsNote ? minutes.value === length : undefined}
              onClick={() => {
                minutes.value = length;
                if (!needsNote) onSend({ until: until() });
              }}
            >
              <kbd>{i + 1}</kbd> {say(name)} <small>{dateTimeText(now.value + length * 60_000)}</small>
            </button>
          </li>
        ))}
      </ol>
      {needsNote && <NoteForm required onSend={(note) => onSend({ until: until(), note })} />}
    </>
  );
}

/** About 300 m: what is one problem is near. */
const NEAR_DEG = 0.003;

function MergeForm({ alert, onSend }: { alert: AlertView; onSend: (into: string) => void }) {
  const desk = useDesk();
  const near = [...desk.alerts.value.values()].filter(
    (other) =>
      other.id !== alert.id &&
      other.place !== null &&
      alert.place !== null &&
      Math.abs(other.place.lat - alert.place.lat) < NEAR_DEG &&
      Math.abs(other.place.lon - alert.place.lon) < NEAR_DEG,
  );
  if (near.length === 0) return <p>{say("chooseOne")}</p>;
  return (
    <ol class="choices">
      {near.slice(0, 9).map((other, i) => (
        <li key={other.id}>
          <button type="button" autofocus={i === 0} onClick={() => onSend(other.id)}>
            {aboutOf(desk, other)} <small>{dateTimeText(other.openedAt)}</small>
          </button>
        </li>
      ))}
    </ol>
  );
}
