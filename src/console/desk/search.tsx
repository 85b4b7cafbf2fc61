import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { AlertView } from "../../stream/protocol.ts";
import { words } from "../shared/language.ts";
import { usePlaceNames } from "../shared/places.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { agoText } from "../shared/time.ts";
import { stateText } from "../shared/words.ts";
import { aboutOf } from "./actions.ts";
import { useDesk } from "./desk.ts";
import { everything, queueOf } from "./order.ts";
import { pages, pageText } from "./pages.ts";

const say = words({
  hint: { zh: "告警名称、设备编号、地点、班组；或页面名称", en: "alert, device, place, crew; or a page" },
  keep: { zh: "Enter 打开 · Ctrl+Enter 作为队列筛选", en: "Enter opens · Ctrl+Enter filters the queue" },
});

const SHOWN = 12;

/** Finds alerts and pages by what is typed. */
export function Search() {
  const desk = useDesk();
  const place = usePlaceNames(desk.session);
  const text = useSignal("");
  const at = useSignal(0);
  useEffect(() => {
    at.value = 0;
  }, [text.value]);
  const wanted = text.value.trim().toLowerCase();
  const found: readonly AlertView[] =
    wanted === ""
      ? []
      : queueOf(desk.alerts.value.values(), { ...everything, text: wanted }, desk.now.peek(), (id) =>
          desk.session.ruleTitle(id),
        ).slice(0, SHOWN);
  const foundPages =
    wanted === ""
      ? []
      : pages.filter(({ id, permission }) => desk.may(permission) && pageText(id).toLowerCase().includes(wanted));
  const go = (index: number) => {
    const page = foundPages[index];
    const alert = found[index - foundPages.length];
    desk.dialog.value = null;
    if (page) desk.page.value = page.id;
    else if (alert) {
      desk.page.value = "queue";
      desk.filter.value = everything;
      desk.select(alert.id);
    }
  };
  const count = found.length + foundPages.length;
  return (
    <div class="search">
      <input
        autofocus
        role="combobox"
        aria-expanded={count > 0}
        aria-controls="found"
        aria-activedescendant={count > 0 ? `found-${at.value}` : undefined}
        placeholder={say("hint")}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") at.value = Math.min(count - 1, at.value + 1);
          else if (event.key === "ArrowUp") at.value = Math.max(0, at.value - 1);
          else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            desk.filter.value = { ...everything, text: text.value };
            desk.page.value = "queue";
            desk.dialog.value = null;
          } else if (event.key === "Enter" && !event.isComposing) go(at.value);
          else return;
          event.preventDefault();
        }}
      />
      <div id="found" role="listbox">
        {foundPages.map(({ id }, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
          <div
            key={id}
            id={`found-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={at.value === i}
            onClick={() => go(i)}
          >
            → {pageText(id)}
          </div>
        ))}
        {found.map((alert, j) => {
          const i = j + foundPages.length;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
            <div
              key={alert.id}
              id={`found-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={at.value === i}
              onClick={() => go(i)}
            >
              <LevelBadge level={alert.level} /> {aboutOf(desk, alert)}
              <small>
                {place(alert)} · {stateText(alert.state)} · {agoText(desk.now.value - alert.openedAt)}
              </small>
            </div>
          );
        })}
      </div>
      <footer>
        <small>{say("keep")}</small>
      </footer>
    </div>
  );
}
