import { useSignal } from "@preact/signals";
import { distanceM } from "../../domain/place.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { usePlaceNames } from "../shared/places.ts";
import { alertTitle } from "../shared/subtypes.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { countdown } from "../shared/time.ts";
import { levelText, stateText } from "../shared/words.ts";
import type { Staff } from "../staff/gate.tsx";
import { smallPicture } from "./picture.ts";
import { freshPosition, position } from "./position.ts";
import { say } from "./words.ts";

const reasons = ["busy", "far", "broken", "ending"] as const;

/** One task with the one step that comes next as its large button. */
export function Task({ staff, alert, now }: { staff: Staff; alert: AlertView; now: number }) {
  const { session, outbox } = staff;
  const declining = useSignal(false);
  const { id, rev, state, crewId, offer, targetAt } = alert;
  const place = usePlaceNames(session);
  const about = `${alertTitle(session, alert)} · ${alert.subjectName ?? alert.subject.id}`;
  const pending = outbox.entries.value.filter((one) => one.alertId === id);
  const act = (action: string, body: Readonly<Record<string, unknown>> = {}) =>
    void outbox.add({
      path: `/alerts/${encodeURIComponent(id)}/${action}`,
      body,
      action,
      alertId: id,
      about,
      // Who is named on it is hidden from crews, and cannot be compared.
      seen: { rev, state, crewId },
    });
  /** Where the phone was when the step was taken; a step without a position is possible, but proves less. */
  const here = () => {
    const at = freshPosition();
    return at ? { evidence: { lat: at.lat, lon: at.lon, accuracyM: Math.round(at.accuracyM) } } : {};
  };
  const actionsSent = pending.some(({ picture }) => picture === undefined);
  return (
    <article class={`task level-${alert.level}${offer ? " offer" : ""}`}>
      <header>
        <LevelBadge level={alert.level} />
        <h2>{alertTitle(session, alert)}</h2>
        <p>
          {offer ? say("offer") : state === "dispatched" ? say("stateDispatched") : stateText(state)} ·{" "}
          {levelText(alert.level)}
          {alert.reworkCount > 0 && <em>{say("reworked")}</em>}
        </p>
      </header>
      <p class="where">{[place(alert), alert.subjectName ?? alert.subject.id].filter(Boolean).join(" · ")}</p>
      <p class="facts">
        <Distance alert={alert} />
        {targetAt !== null && (
          <span class={now > targetAt ? "over" : ""}>
            {say(now > targetAt ? "over" : "due", { time: countdown(targetAt - now) })}
          </span>
        )}
        {offer && <span>{say("answerIn", { time: countdown(Math.max(0, offer.expiresAt - now)) })}</span>}
      </p>
      {alert.place && (
        <a class="button" href={`geo:${alert.place.lat},${alert.place.lon}?q=${alert.place.lat},${alert.place.lon}`}>
          {say("navigate")}
        </a>
      )}
      <div class="steps">
        {state === "dispatched" && !declining.value && (
          <>
            <button type="button" class="primary" disabled={actionsSent} onClick={() => act("accept", here())}>
              {say("accept")}
            </button>
            <button
              type="button"
              disabled={actionsSent}
              onClick={() => {
                declining.value = true;
              }}
            >
              {say("decline")}
            </button>
          </>
        )}
        {state === "accepted" && (
          <button type="button" class="primary" disabled={actionsSent} onClick={() => act("arrive", here())}>
            {say("arrive")}
          </button>
        )}
        {(state === "accepted" || state === "arrived" || state === "handled") && (
          <PictureButton staff={staff} alert={alert} about={about} />
        )}
        {state === "arrived" && (
          <button type="button" class="primary" disabled={actionsSent} onClick={() => act("handle", here())}>
            {say("handle")}
          </button>
        )}
      </div>
      {declining.value && (
        <ReasonForm
          onCancel={() => {
            declining.value = false;
          }}
          onSend={(note) => {
            declining.value = false;
            act("decline", { note });
          }}
        />
      )}
      <PictureLine alert={alert} waiting={pending.filter(({ picture }) => picture !== undefined).length} />
    </article>
  );
}

function Distance({ alert }: { alert: AlertView }) {
  const at = position.value;
  if (!at || !alert.place) return null;
  const metres = distanceM(at, alert.place);
  const distance = metres < 1_000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1_000).toFixed(1)} km`;
  return <span>{say("away", { distance })}</span>;
}

function PictureButton({ staff, alert, about }: { staff: Staff; alert: AlertView; about: string }) {
  const take = async (file: File) => {
    const at = freshPosition();
    const picture = await smallPicture(file);
    const where = at ? `&lat=${at.lat}&lon=${at.lon}` : "";
    await staff.outbox.add({
      path: `/alerts/${encodeURIComponent(alert.id)}/pictures?at=${Date.now()}${where}`,
      body: {},
      action: "picture",
      alertId: alert.id,
      about,
      seen: null,
      picture,
    });
  };
  return (
    <label class="button">
      {say("picture")}
      <input
        class="visually-hidden"
        type="file"
        accept="image/*"
        capture="environment"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          if (file) void take(file).catch(() => {});
        }}
      />
    </label>
  );
}

function PictureLine({ alert, waiting }: { alert: AlertView; waiting: number }) {
  const { pictures, state } = alert;
  if (state === "dispatched") return null;
  const valid = pictures.filter((picture) => picture.valid).length;
  return (
    <p class="facts">
      <span>{pictures.length === 0 ? say("noPictures") : say("pictures", { n: pictures.length, valid })}</span>
      {waiting > 0 && <span>{say("pictureWaits", { n: waiting })}</span>}
    </p>
  );
}

function ReasonForm({ onSend, onCancel }: { onSend: (note: string) => void; onCancel: () => void }) {
  const other = useSignal("");
  return (
    <form
      class="reasons"
      onSubmit={(event) => {
        event.preventDefault();
        if (other.value.trim() !== "") onSend(other.value.trim());
      }}
    >
      <strong>{say("whyNot")}</strong>
      {reasons.map((reason) => (
        <button key={reason} type="button" onClick={() => onSend(say(reason))}>
          {say(reason)}
        </button>
      ))}
      <label>
        {say("other")}
        <input
          maxLength={500}
          value={other.value}
          onInput={(event) => {
            other.value = event.currentTarget.value;
          }}
        />
      </label>
      <div class="steps">
        <button type="submit" class="primary" disabled={other.value.trim() === ""}>
          {say("send")}
        </button>
        <button type="button" onClick={onCancel}>
          {say("cancel")}
        </button>
      </div>
    </form>
  );
}
