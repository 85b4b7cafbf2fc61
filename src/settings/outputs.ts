import { z } from "zod";
import { parseInsideHosts } from "../outputs/guarded-request.ts";
import { count } from "./forms.ts";

/** Where alerts go beside the center's own screens. */
export const outputs = {
  OUTPUTS: count(20),
  /** Hosts inside that outputs may reach all the same: names, addresses, networks like 10.2.0.0/16. */
  OUTPUT_INSIDE_HOSTS: z
    .string()
    .default("")
    .refine((text) => {
      try {
        parseInsideHosts(text);
        return true;
      } catch {
        return false;
      }
    }, "must be hosts, addresses or networks like 10.2.0.0/16, separated by commas"),
  OUTPUT_TIMEOUT_SECONDS: z.coerce.number().int().min(1).default(10),
  OUTPUT_ANSWER_BYTES: count(64 * 1024),
  OUTPUT_RETRY_LAST_SECONDS: z.coerce.number().int().min(1).default(300),
  OUTPUT_LOG_ENTRIES: z.coerce.number().int().min(1).default(200),
} as const;
