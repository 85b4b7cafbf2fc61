import { Panel } from "../panel.tsx";
import { ranking } from "../statistics.ts";
import { communityIds, placeName, type WallParts } from "../wall-parts.ts";
import { say } from "../words.ts";

export function CommunityTable(parts: WallParts) {
  const { live } = parts;
  const rows = ranking(live.alerts.value, live.kpis.value, communityIds(parts), live.minute.value);
  return (
    <Panel title={say("rankingTitle")}>
      <table class="ranking">
        <thead>
          <tr>
            {(["rank", "community", "onTimeShort", "open", "overdue", "endedToday"] as const).map((name) => (
              <th key={name} scope="col">
                {say(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, rate, open, overdue, ended }, at) => (
            <tr key={id}>
              <td>{at + 1}</td>
              <td>{placeName(parts, id)}</td>
              <td>{rate === null ? "—" : `${(rate * 100).toFixed(1)} %`}</td>
              <td>{open}</td>
              <td class={overdue > 0 ? "bad" : ""}>{overdue}</td>
              <td>{ended}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
