import { z } from "zod";
import { count, hosts } from "./forms.ts";

/** Pictures of what cameras saw, fetched from the machines that have them. */
export const snapshots = {
  /** Cameras and AI boxes that pictures are fetched from: names, addresses, networks like 10.2.0.0/16. Nobody else is asked. */
  SNAPSHOT_HOSTS: hosts,
  SNAPSHOT_TIMEOUT_SECONDS: z.coerce.number().int().min(1).default(10),
  /** Of one camera and alert, a new picture at most this often. */
  SNAPSHOT_EVERY_SECONDS: count(60),
  SNAPSHOTS_AT_ONCE: z.coerce.number().int().min(1).default(4),
  SNAPSHOTS_WAITING: count(1_000),
} as const;
