import { useEffect, useRef } from "preact/hooks";
import { useDesk } from "./desk.ts";

/** Keys of the page that is open, beside those of the whole desk (keys.ts). What types, and a dialog, has the keys for itself. */
export function usePageKeys(keys: Readonly<Record<string, () => void>>): void {
  const desk = useDesk();
  const newest = useRef(keys);
  newest.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || desk.dialog.peek()) return;
      const { target } = event;
      if (target instanceof HTMLElement && target.closest("input, textarea, select, dialog")) return;
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
