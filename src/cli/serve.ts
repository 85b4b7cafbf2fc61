import { parseArgs } from "node:util";
import type { Command } from "./command.ts";

export const serve: Command = {
  summary: "starts the center",
  help: `Usage: kerbside serve

Starts the center with the settings of the environment, as npm start does. The pages have to be built (npm run build).
It prints one line when it is up, and stops on SIGTERM.`,

  async run(parameters) {
    parseArgs({ args: [...parameters], options: {} });
    await import("../main.ts");
    return null;
  },
};
