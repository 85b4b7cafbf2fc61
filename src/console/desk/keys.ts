import { deskActions, start, undoLast } from "./actions.ts";
import type { Desk } from "./desk.ts";
import { everything } from "./order.ts";
import { TYPED_INTO } from "./page-keys.ts";
import { pages } from "./pages.ts";

/** The keyboard. A key that types does not act: fields and dialogs have it for themselves. */

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.closest(TYPED_INTO) !== null || target.isContentEditable);

const PREFIX_MS = 1_500;

export function listenToKeys(desk: Desk): () => void {
  let prefixedAt = Number.NEGATIVE_INFINITY;

  const chosen = () => {
    const marked = [...desk.marked.peek()].flatMap((id) => desk.alerts.peek().get(id) ?? []);
    if (marked.length > 0) return marked;
    const selected = desk.selected.peek();
    return selected ? [selected] : [];
  };
  const mark = (id: string | null) => {
    if (id === null) return;
    const next = new Set(desk.marked.peek());
    if (!next.delete(id)) next.add(id);
    desk.marked.value = next;
  };

  const general = (event: KeyboardEvent): boolean => {
    switch (event.key) {
      case "?":
        desk.dialog.value = { kind: "help" };
        return true;
      case "/":
        desk.dialog.value = { kind: "search" };
        return true;
      case "u":
        undoLast();
        return true;
      case "g":
        prefixedAt = event.timeStamp;
        return true;
      default:
        return false;
    }
  };

  const inQueue = (event: KeyboardEvent): boolean => {
    switch (event.key) {
      case "j":
      case "ArrowDown":
        if (event.shiftKey) mark(desk.selectedId.peek());
        desk.step(1);
        return true;
      case "k":
      case "ArrowUp":
        if (event.shiftKey) mark(desk.selectedId.peek());
        desk.step(-1);
        return true;
      case "Home":
        desk.select(desk.queue.peek()[0]?.id ?? null);
        return true;
      case "End":
        desk.select(desk.queue.peek().at(-1)?.id ?? null);
        return true;
      case "PageDown":
        desk.step(10);
        return true;
      case "PageUp":
        desk.step(-10);
        return true;
      case " ":
        mark(desk.selectedId.peek());
        desk.step(1);
        return true;
      case "i": {
        const urgent = desk.queue.peek().find(({ level, state }) => level === 1 && state === "open");
        if (urgent) desk.select(urgent.id);
        return true;
      }
      case "E":
        if (desk.may("exportData")) desk.dialog.value = { kind: "export", device: null };
        return true;
      case "Escape":
        if (desk.marked.peek().size > 0) desk.marked.value = new Set();
        else desk.filter.value = everything;
        return true;
      case "1":
      case "2":
      case "3":
      case "4": {
        const { levels } = desk.filter.peek();
        const level = Number(event.key);
        desk.filter.value = {
          ...desk.filter.peek(),
          levels: levels.includes(level) ? levels.filter((one) => one !== level) : [...levels, level],
        };
        return true;
      }
      default: {
        const action = deskActions.find(({ key }) => key === event.key);
        if (action) start(desk, action, chosen());
        return action !== undefined;
      }
    }
  };

  const press = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      desk.dialog.value = { kind: "search" };
      return;
    }
    if (
      (event.ctrlKey || event.metaKey) &&
      event.key.toLowerCase() === "a" &&
      desk.page.peek() === "queue" &&
      !typing(event.target)
    ) {
      event.preventDefault();
      desk.marked.value = new Set(desk.queue.peek().map(({ id }) => id));
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || desk.dialog.peek()) return;
    // A focused button is pressed by these.
    const onButton = event.target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter");
    if (onButton) return;
    if (event.timeStamp - prefixedAt < PREFIX_MS) {
      prefixedAt = Number.NEGATIVE_INFINITY;
      const page = pages.find(({ key, permission }) => key === event.key && desk.may(permission));
      if (page) {
        desk.page.value = page.id;
        event.preventDefault();
        return;
      }
    }
    const used = (desk.page.peek() === "queue" && inQueue(event)) || general(event);
    if (used) event.preventDefault();
  };
  addEventListener("keydown", press);
  return () => removeEventListener("keydown", press);
}
