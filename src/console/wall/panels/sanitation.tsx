import { Bars, Panel, Ring, ShareRing } from "../panel.tsx";
import { countBy } from "../statistics.ts";
import type { WallParts } from "../wall-parts.ts";
import { say } from "../words.ts";
import { useWork } from "../work.ts";

/** From the counts of the map's cells: the whole state of every vehicle would cost the more the more there are. */
export function VehiclesAtWork({ live }: WallParts) {
  const { count = 0, online = 0, moving = 0 } = live.totals.value.get("vehicle") ?? {};
  return (
    <Panel title={say("vehicles")}>
      <div class="rings">
        <Ring part={moving} whole={count} name={say("working")} />
        <Ring part={online - moving} whole={count} name={say("standing")} />
        <Ring part={count - online} whole={count} name={say("silent")} />
      </div>
    </Panel>
  );
}

export function WorkToday({ live, session }: WallParts) {
  const work = useWork(session);
  const { count, online } = live.totals.value.get("person") ?? { count: 0, online: 0 };
  return (
    <Panel title={say(work ? "workToday" : "people")}>
      <div class="rings">
        {work ? (
          <>
            <Ring part={work.people.onDuty} whole={work.people.due} name={say("atWork")} />
            <Ring part={work.vehicles.started} whole={work.vehicles.due} name={say("vehiclesOut")} />
            <ShareRing
              percent={work.sweeps.coverage === null ? null : work.sweeps.coverage * 100}
              name={say("coverage")}
              note={say("ofAll", { all: work.sweeps.planned })}
            />
          </>
        ) : (
          <>
            <Ring part={online} whole={count} name={say("onDuty")} />
            <Ring part={count - online} whole={count} name={say("silent")} />
          </>
        )}
      </div>
    </Panel>
  );
}

export function WorkAlerts({ live, session }: WallParts) {
  const rows = countBy(live.alerts.value, ({ subject, ruleId }) =>
    subject.kind === "vehicle" || subject.kind === "person" ? ruleId : null,
  ).map(([rule, value]) => ({ key: rule, name: session.ruleTitle(rule), value }));
  return (
    <Panel title={say("workAlerts")}>
      <Bars rows={rows} />
    </Panel>
  );
}
