/** Writes docs/devices.md out of the driver table: `npm run devices`. */
import { writeFileSync } from "node:fs";
import { deviceGuide } from "./guide.ts";

writeFileSync(new URL("../docs/devices.md", import.meta.url), deviceGuide());
