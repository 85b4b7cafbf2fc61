import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { Staff } from "../staff/gate.tsx";
import { Card } from "./card.tsx";
import { createDesk, DeskContext, useDesk } from "./desk.ts";
import { Dialogs } from "./dialogs.tsx";
import { Exports } from "./exports.tsx";
import { listenToKeys } from "./keys.ts";
import { type DeskPage, pages, pageText } from "./pages.ts";
import { Queue } from "./queue.tsx";
import { startSiren } from "./siren.ts";
import { watchSilences } from "./storm.ts";
import { TopBar } from "./top-bar.tsx";
import { say } from "./words.ts";

/** The desk of one person: pages on the left, one of them open, dialogs and short words above. */
export function Shell({ staff }: { staff: Staff }) {
  const desk = useMemo(() => createDesk(staff), [staff]);
  useEffect(() => {
    const stops = [listenToKeys(desk), startSiren(desk), watchSilences(desk), () => desk.close()];
    return () => {
      for (const stop of stops) stop();
    };
  }, [desk]);
  return (
    <DeskContext.Provider value={desk}>
      <div class="desk">
        <TopBar />
        <Rail />
        <Page />
        <Exports />
        <Toasts />
        <Dialogs />
      </div>
    </DeskContext.Provider>
  );
}

function Rail() {
  const desk = useDesk();
  return (
    <nav class="rail" aria-label={say("desk")}>
      {pages
        .filter(({ permission }) => desk.may(permission))
        .map(({ id, icon, key }) => (
          <button
            key={id}
            type="button"
            title={`g ${key}`}
            aria-current={desk.page.value === id ? "page" : undefined}
            onClick={() => {
              desk.page.value = id;
            }}
          >
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d={icon} />
            </svg>
            {pageText(id)}
          </button>
        ))}
      <button
        type="button"
        class="help"
        onClick={() => {
          desk.dialog.value = { kind: "help" };
        }}
      >
        {say("help")}
      </button>
    </nav>
  );
}

function Page() {
  const desk = useDesk();
  const page = pages.find(({ id }) => id === desk.page.value);
  if (!page?.load) {
    return (
      <main class="page work">
        <Queue />
        <Card />
      </main>
    );
  }
  return <LoadedPage key={page.id} page={page} />;
}

function LoadedPage({ page }: { page: DeskPage }) {
  const part = useSignal<ComponentType | null>(null);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    page.load?.().then(
      ({ default: loaded }) => {
        part.value = loaded;
      },
      (error) => {
        problem.value = String(error);
      },
    );
  }, [page]);
  const Part = part.value;
  return (
    <main class={`page ${page.id}`} aria-label={pageText(page.id)}>
      {Part ? <Part /> : <p class="empty">{problem.value ? say("failed", { why: problem.value }) : say("loading")}</p>}
    </main>
  );
}

function Toasts() {
  const desk = useDesk();
  return (
    <div class="toasts" aria-live="polite">
      {desk.toasts.value.map(({ id, text, tone, undo }) => (
        <p key={id} class={tone}>
          {text}
          {undo && (
            <button type="button" onClick={undo}>
              {say("undo")} <kbd>u</kbd>
            </button>
          )}
        </p>
      ))}
    </div>
  );
}
