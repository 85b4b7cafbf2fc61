import { useEffect, useState } from "preact/hooks";
import type { AlertView } from "../../stream/protocol.ts";
import { alertTitle } from "../shared/subtypes.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { agoText, clockText } from "../shared/time.ts";
import { stateText } from "../shared/words.ts";
import { subjectName } from "./names.ts";
import { startSiren } from "./sound.ts";
import { givenName, placeName, type WallParts } from "./wall-parts.ts";
import { say } from "./words.ts";

export interface InterruptionProps {
  readonly parts: WallParts;
  readonly alert: AlertView;
  /** A desk asked for it: no siren. */
  readonly requested: boolean;
}

/** One alert over everything else, with siren, place and picture, while the map flies there. */
export function InterruptionPanel({ parts, alert, requested }: InterruptionProps) {
  const { live, session } = parts;
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    if (requested) return;
    const siren = startSiren();
    const timer = setTimeout(() => setSilent(siren.blocked), 500);
    return () => {
      clearTimeout(timer);
      siren.stop();
    };
  }, [requested]);
  const picture = usePicture(parts, alert);
  return (
    <section class={`interruption level-${alert.level}`} role="alert" data-alert={alert.id}>
      <p class="cause">
        <LevelBadge level={alert.level} />
        {requested ? say("shownOnRequest") : say("interrupted")}
        {silent && !requested && <small>{say("noSound")}</small>}
      </p>
      <h2>{alertTitle(session, alert)}</h2>
      <p class="where">
        {[
          placeName(parts, alert.place?.communityId),
          givenName(parts, alert.place?.gridId),
          subjectName(alert, parts.district),
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      <p class="when">
        {clockText(alert.openedAt)} · {agoText(live.now.value - alert.openedAt)} · {stateText(alert.state)}
      </p>
      {picture && <img src={picture} alt="" />}
    </section>
  );
}

/** The newest picture of an alert, where walls may show pictures; it is fetched with the token, never by its address. */
function usePicture({ session, settings }: WallParts, { id, pictures }: AlertView): string | null {
  const [address, setAddress] = useState<string | null>(null);
  const newest = pictures.at(-1)?.id;
  useEffect(() => {
    setAddress(null);
    if (!settings.wall.pictures || newest === undefined) return;
    let gone = false;
    let made: string | null = null;
    void session
      .rest("GET", `/alerts/${encodeURIComponent(id)}/pictures/${encodeURIComponent(newest)}`)
      .then(async (answer) => {
        if (!answer.ok || gone) return;
        made = URL.createObjectURL(await answer.blob());
        if (gone) URL.revokeObjectURL(made);
        else setAddress(made);
      })
      .catch(() => {});
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [session, settings, id, newest]);
  return address;
}
