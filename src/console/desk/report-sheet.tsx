import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { type ReportGroup, reportGroups } from "../../reports/period.ts";
import { groupWords, reportTitle } from "../../reports/words.ts";
import { inLanguage, language, words } from "../shared/language.ts";
import { refusalOf } from "../staff/rest.ts";
import { useDesk } from "./desk.ts";
import { Choice } from "./parts.tsx";
import { download } from "./save-file.ts";
import { say as sayDesk } from "./words.ts";

const say = words({
  by: { zh: "分组", en: "Told apart by" },
  all: { zh: "全部", en: "everything" },
  making: { zh: "正在生成报告…", en: "The report is being made…" },
  saving: { zh: "正在生成 {format} 文件…", en: "The {format} file is being made…" },
  print: { zh: "打印", en: "Print" },
});

const groups = Object.keys(reportGroups) as ReportGroup[];
type Grouping = ReportGroup | "all";

/** One report as the center draws it, on paper inside the desk; to print, and to take away. */
export function ReportSheet({ id, onMade }: { id: string; onMade: () => void }) {
  const desk = useDesk();
  const grouping = useSignal<Grouping>("all");
  const page = useSignal<string | null>(null);
  const problem = useSignal<string | null>(null);
  const saving = useSignal<string | null>(null);
  const round = useSignal(0);
  const groupBy = grouping.value === "all" ? "" : `&groupBy=${grouping.value}`;
  const query = `lang=${language.value}${groupBy}`;

  useEffect(() => {
    let current = true;
    page.value = null;
    problem.value = null;
    const load = async () => {
      const answer = await desk.rest.call("GET", `/reports/${id}?format=html&${query}`);
      if (!answer.ok) throw await refusalOf(answer);
      return answer.text();
    };
    load().then(
      (html) => {
        if (!current) return;
        page.value = html;
        onMade();
      },
      (error) => {
        if (current) problem.value = (error as Error).message;
      },
    );
    return () => {
      current = false;
    };
  }, [id, query, round.value]);

  const save = async (format: "pdf" | "xlsx") => {
    saving.value = format.toUpperCase();
    try {
      await download(desk.rest, `/reports/${id}?format=${format}&${query}`, `${id}.${format}`);
    } catch (error) {
      desk.toast((error as Error).message, "bad");
    } finally {
      saving.value = null;
    }
  };
  const title = reportTitle(id, language.value);
  return (
    <section aria-label={title} aria-busy={page.value === null && problem.value === null}>
      <div class="tools no-print">
        <Choice
          label={say("by")}
          value={grouping.value}
          options={[["all", say("all")], ...groups.map((name) => [name, inLanguage(groupWords[name])] as const)]}
          onChange={(value) => {
            grouping.value = value;
          }}
        />
        <span class="end">
          {(["pdf", "xlsx"] as const).map((format) => (
            <button key={format} type="button" disabled={saving.value !== null} onClick={() => void save(format)}>
              {format.toUpperCase()}
            </button>
          ))}
          <button type="button" disabled={page.value === null} onClick={() => print()}>
            {say("print")}
          </button>
        </span>
      </div>
      <p class="making no-print" role="status">
        {saving.value !== null && <Making text={say("saving", { format: saving.value })} />}
        {page.value === null && problem.value === null && <Making text={say("making")} />}
      </p>
      {problem.value !== null && (
        <p class="empty" role="alert">
          {sayDesk("failed", { why: problem.value })}{" "}
          <button type="button" onClick={() => round.value++}>
            {sayDesk("again")}
          </button>
        </p>
      )}
      {page.value !== null && <Paper html={page.value} />}
    </section>
  );
}

const Making = ({ text }: { text: string }) => (
  <>
    <progress aria-label={text} /> {text}
  </>
);

/**
 * The center's page in a tree of its own: its style reaches nothing here, and nothing here reaches it. What is parsed this way
 * runs no script, and its style sheet is handed over as an object: the desk's policy lets no inline style through.
 */
function Paper({ html }: { html: string }) {
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const [before = "", style = "", after = ""] = html.split(/<\/?style>/);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(...new DOMParser().parseFromString(before + after, "text/html").body.childNodes);
  }, [html]);
  return <div class="paper" ref={host} />;
}
