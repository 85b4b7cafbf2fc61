import { useLayoutEffect, useRef } from "preact/hooks";
import { useDesk } from "./desk.ts";

/** What has the keys for itself; a slider leaves them to the page. */
export const TYPED_INTO = "input:not([type=range]), textarea, select, dialog";

/** Keys of the page that is open, beside those of the whole desk (keys.ts). */
export function usePageKeys(keys: Readonly<Record<string, () => void>>): void {
  const desk = useDesk();
  const newest = useRef(keys);
  newest.current = keys;
  // Before the next key comes: who types fast has pressed it already.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || desk.dialog.peek()) return;
      const { target } = event;
      if (target instanceof HTMLElement && target.closest(TYPED_INTO)) return;
      // A focused button is pressed by these.
      if (target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter")) return;
      const run = newest.current[event.key];
      if (!run) return;
      run();
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [desk]);
}
