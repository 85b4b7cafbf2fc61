import { useEffect, useState } from "preact/hooks";
import type { Session } from "../shared/session.ts";

/** The JSON of a GET, asked again every so often while it is shown. Null until the first answer, and while there is none. */
export function useLoad<T>(session: Session, path: string, everyMs: number): T | null {
  const [value, setValue] = useState<T | null>(null);
  useEffect(() => {
    let gone = false;
    const ask = async () => {
      const answer = await session.rest("GET", path).catch(() => null);
      const loaded = answer?.ok ? ((await answer.json()) as T) : null;
      if (!gone) setValue(loaded);
    };
    void ask();
    const timer = setInterval(ask, everyMs);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [session, path, everyMs]);
  return value;
}
