/** The siren of a level-1 alert: two tones, made by the browser itself. */

const TONES = [880, 660] as const;
const TONE_SECONDS = 0.28;
const EVERY_MS = 2_600;

let context: AudioContext | null = null;

/** Sounds until the returned function is called. Silent where the browser allows no sound; `blocked` says so. */
export function startSiren(): { stop(): void; readonly blocked: boolean } {
  try {
    context ??= new AudioContext();
  } catch {
    return { stop() {}, blocked: true };
  }
  const audio = context;
  void audio.resume().catch(() => {});
  const sound = () => {
    if (audio.state !== "running") return;
    for (const [i, frequency] of [...TONES, ...TONES].entries()) {
      const at = audio.currentTime + i * TONE_SECONDS;
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
      volume.gain.linearRampToValueAtTime(0, at + TONE_SECONDS);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + TONE_SECONDS);
    }
  };
  sound();
  const timer = setInterval(sound, EVERY_MS);
  return {
    stop: () => clearInterval(timer),
    get blocked() {
      return audio.state !== "running";
    },
  };
}
