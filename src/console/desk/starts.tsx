import { useSignal } from "@preact/signals";
import type { DutyState } from "../../operations/duty.ts";
import { words } from "../shared/language.ts";
import { placeName } from "../shared/places.ts";
import { minuteText } from "../shared/time.ts";
import { useCrewName } from "./crews.tsx";
import { Choice, Head, Shown, Table, useLoad } from "./parts.tsx";
import { say as sayDesk } from "./words.ts";

const say = words({
  show: { zh: "显示", en: "Show" },
  missing: { zh: "未出车、未到岗", en: "Not started" },
  all: { zh: "全部", en: "All" },
  who: { zh: "人员 / 车辆", en: "Who" },
  crew: { zh: "班组", en: "Crew" },
  place: { zh: "作业位置", en: "Place" },
  planned: { zh: "计划", en: "Planned" },
  began: { zh: "实际", en: "Began" },
  state: { zh: "状态", en: "State" },
});

const states = words({
  offDuty: { zh: "休班", en: "off duty" },
  planned: { zh: "未到时间", en: "planned" },
  due: { zh: "应到", en: "due" },
  onPost: { zh: "在岗", en: "on post" },
  break: { zh: "休息", en: "break" },
  offPost: { zh: "离岗", en: "off post" },
  idle: { zh: "停留", en: "standing still" },
  absent: { zh: "未到岗", en: "absent" },
  noSignal: { zh: "无信号", en: "no signal" },
  leave: { zh: "请假", en: "on leave" },
  notStarted: { zh: "未出车", en: "not started" },
  working: { zh: "作业", en: "working" },
  travelling: { zh: "行驶", en: "travelling" },
  standing: { zh: "停车", en: "standing" },
  ended: { zh: "已结束", en: "ended" },
});

interface Row {
  readonly id: string;
  readonly number: string;
  readonly name: string | null;
  readonly crewId: string | null;
  readonly state: DutyState;
  readonly from: number;
  readonly beganAt: number | null;
  readonly communityId: string | null;
  readonly gridId: string | null;
}

const NOT_STARTED = "due,absent,noSignal,notStarted";

/** Who of those planned for now has begun, and who has not. */
export default function Starts() {
  const crewName = useCrewName();
  const state = useSignal(NOT_STARTED);
  const filter = state.value === "" ? "" : `&state=${state.value}`;
  const rows = useLoad<{ items: Row[] }>(`/duty?limit=500${filter}`, 30_000);
  return (
    <>
      <Head title={sayDesk("starts")}>
        <Choice
          label={say("show")}
          value={state.value}
          options={[
            [NOT_STARTED, say("missing")],
            ["", say("all")],
          ]}
          onChange={(value) => {
            state.value = value;
          }}
        />
      </Head>
      <Shown of={rows}>
        {({ items }) => (
          <Table
            label={sayDesk("starts")}
            rows={items}
            keyOf={({ id }) => id}
            columns={[
              { title: say("who"), cell: ({ name, number }) => [name, number].filter(Boolean).join(" · ") },
              { title: say("state"), cell: (row) => <strong>{states(row.state)}</strong> },
              { title: say("planned"), number: true, cell: ({ from }) => minuteText(from) },
              {
                title: say("began"),
                number: true,
                cell: ({ beganAt }) => (beganAt === null ? "–" : minuteText(beganAt)),
              },
              { title: say("crew"), cell: ({ crewId }) => (crewId === null ? "–" : crewName(crewId)) },
              {
                title: say("place"),
                cell: ({ communityId, gridId }) =>
                  [communityId, gridId]
                    .flatMap((id) => id ?? [])
                    .map(placeName)
                    .join(" · "),
              },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
