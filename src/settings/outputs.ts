import { z } from "zod";
import { count, hosts } from "./forms.ts";

/** Where alerts go beside the center's own screens. */
export const outputs = {
  OUTPUTS: count(20),
  /** Hosts inside that outputs may reach all the same: names, addresses, networks like 10.2.0.0/16. */
  OUTPUT_INSIDE_HOSTS: hosts,
  OUTPUT_TIMEOUT_SECONDS: z.coerce.number().int().min(1).default(10),
  OUTPUT_ANSWER_BYTES: count(64 * 1024),
  OUTPUT_RETRY_LAST_SECONDS: z.coerce.number().int().min(1).default(300),
  OUTPUT_LOG_ENTRIES: z.coerce.number().int().min(1).default(200),
} as const;
