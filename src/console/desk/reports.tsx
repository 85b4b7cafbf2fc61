import { useSignal } from "@preact/signals";
import { language, words } from "../shared/language.ts";
import { useDesk } from "./desk.ts";
import { Choice, Head, Shown, Table, useLoad } from "./parts.tsx";
import { download } from "./save-file.ts";
import { say as sayDesk } from "./words.ts";

const say = words({
  period: { zh: "周期", en: "Period" },
  day: { zh: "日报", en: "day" },
  week: { zh: "周报", en: "week" },
  month: { zh: "月报", en: "month" },
  report: { zh: "报告", en: "Report" },
  files: { zh: "下载", en: "Download" },
});

const kinds = ["day", "week", "month"] as const;
type Kind = (typeof kinds)[number];

/** Reports that are kept, newest period first, to take away as PDF or workbook. */
export default function Reports() {
  const desk = useDesk();
  const kind = useSignal<Kind>("day");
  const reports = useLoad<{ items: { readonly id: string }[] }>(`/reports?kind=${kind.value}`);
  const save = (id: string, format: "pdf" | "xlsx") =>
    void download(desk.rest, `/reports/${id}?format=${format}&lang=${language.value}`, `${id}.${format}`).catch(
      (error) => desk.toast((error as Error).message, "bad"),
    );
  return (
    <>
      <Head title={sayDesk("reports")}>
        <Choice
          label={say("period")}
          value={kind.value}
          options={kinds.map((name) => [name, say(name)] as const)}
          onChange={(value) => {
            kind.value = value;
          }}
        />
      </Head>
      <Shown of={reports}>
        {({ items }) => (
          <Table
            label={sayDesk("reports")}
            rows={items}
            keyOf={({ id }) => id}
            columns={[
              { title: say("report"), cell: ({ id }) => id },
              {
                title: say("files"),
                cell: ({ id }) => (
                  <>
                    <button type="button" aria-label={`PDF ${id}`} onClick={() => save(id, "pdf")}>
                      PDF
                    </button>{" "}
                    <button type="button" aria-label={`XLSX ${id}`} onClick={() => save(id, "xlsx")}>
                      XLSX
                    </button>
                  </>
                ),
              },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
