import { effect, signal } from "@preact/signals";
import type { Level } from "../../domain/levels.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { say as sayCommon } from "../shared/words.ts";
import { aboutOf } from "./actions.ts";
import type { Desk } from "./desk.ts";

/** Sound and notices of the system by level. Made here: no file is loaded, and silence is one click away. */

const STORED = "kerbside.desk.sound";
export const sound = signal(localStorage.getItem(STORED) !== "off");
export const notices = signal(typeof Notification !== "undefined" && Notification.permission === "granted");

export function switchSound(): void {
  sound.value = !sound.value;
  localStorage.setItem(STORED, sound.value ? "on" : "off");
}

export async function allowNotices(): Promise<void> {
  notices.value = (await Notification.requestPermission()) === "granted";
}

/** Hertz and seconds, one after the other: the higher and the more, the worse. */
const melodies: Readonly<Record<Level, readonly (readonly [hertz: number, seconds: number])[]>> = {
  1: [
    [988, 0.16],
    [740, 0.16],
    [988, 0.16],
    [740, 0.16],
  ],
  2: [
    [784, 0.14],
    [784, 0.14],
  ],
  3: [[587, 0.12]],
  4: [],
};
const REPEAT_MS = 4_000;

let context: AudioContext | null = null;

function ring(level: Level): void {
  if (!sound.peek() || melodies[level].length === 0) return;
  // Browsers allow sound only after a key or a click; until then the page says what is to be said.
  if (!navigator.userActivation.hasBeenActive) return;
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume();
  let at = context.currentTime + 0.02;
  for (const [hertz, seconds] of melodies[level]) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(level === 1 ? 0.35 : 0.18, at + 0.015);
    volume.gain.linearRampToValueAtTime(0, at + seconds);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds + 0.03;
  }
}

/** Rings once for what is new, and again and again for a level 1 that nobody has acknowledged. */
export function startSiren(desk: Desk): () => void {
  const heard = new Set<string>();
  let first = true;
  const stop = effect(() => {
    let worst: AlertView | null = null;
    for (const alert of desk.alerts.value.values()) {
      if (heard.has(alert.id)) continue;
      heard.add(alert.id);
      if (alert.state !== "open" || !alert.rings || alert.late) continue;
      if (!worst || alert.level < worst.level) worst = alert;
    }
    // What stood before the page was opened is no news.
    const quiet = first;
    if (desk.alerts.peek().size > 0) first = false;
    if (!worst || quiet) return;
    ring(worst.level);
    if (worst.level <= 2 && notices.peek() && document.hidden) {
      new Notification(`${sayCommon("center")} · ${aboutOf(desk, worst)}`, { tag: worst.id });
    }
  });
  const timer = setInterval(() => {
    if (unanswered(desk)) ring(1);
  }, REPEAT_MS);
  return () => {
    stop();
    clearInterval(timer);
  };
}

/** The level 1 that waits for somebody. */
export function unanswered(desk: Desk): AlertView | undefined {
  for (const alert of desk.alerts.value.values()) {
    if (alert.level === 1 && alert.state === "open" && alert.rings && !desk.pendingOf(alert.id)) return alert;
  }
  return undefined;
}
