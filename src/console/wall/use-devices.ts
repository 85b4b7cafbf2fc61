import { useEffect, useState } from "preact/hooks";
import type { Kind } from "../../domain/kinds.ts";
import type { DeviceView } from "../../stream/protocol.ts";
import type { Session } from "../shared/session.ts";

const EVERY_MS = 5_000;

/** Full state of the few devices of a kind, while a scene shows them; null before they are known. */
export function useDevices({ stream }: Session, kind: Kind): readonly DeviceView[] | null {
  const [devices, setDevices] = useState<readonly DeviceView[] | null>(null);
  useEffect(() => {
    const view = stream.subscribe("devices", { filter: { kind: [kind] }, everyMs: EVERY_MS });
    view.onChange(({ upsert, gone, replaced }) => {
      if (upsert.length > 0 || gone.length > 0 || replaced) setDevices([...view.items.values()]);
    });
    return () => view.close();
  }, [stream, kind]);
  return devices;
}
