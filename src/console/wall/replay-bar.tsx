import { clockText, dateText } from "../shared/time.ts";
import { replaying } from "./replay.ts";
import { say } from "./words.ts";

/** Says that this is the past, which moment of it, and how far it has come. */
export function ReplayBar() {
  const state = replaying.value;
  if (!state) return null;
  return (
    <div class="replay">
      <strong>{say("replay", { date: dateText(state.at) })}</strong>
      <time>{state.loading ? say("replayLoading") : clockText(state.at)}</time>
      <progress max={1} value={state.part} />
      <small>{say("replayBeside")}</small>
    </div>
  );
}
