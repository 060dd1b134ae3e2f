/** One item: its header, the conversation, the versions of the reply, the journal. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { Delayed } from "@/components/Delayed";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { itemQuery, stepsQuery } from "@/lib/api/queries";
import type { InteractionSummary, Step } from "@/lib/api/types";
import { useShortcut } from "@/lib/keyboard/shortcuts";
import { titleOf } from "./channel-words";
import { Conversation } from "./Conversation";
import { History } from "./History";
import { ItemHeader } from "./ItemHeader";
import { Journal } from "./Journal";
import { Past, usePast } from "./Past";
import { WhyPanel } from "./WhyPanel";
import styles from "./ItemPane.module.css";

const TABS = [
  { id: "conversation", name: "Переписка" },
  { id: "history", name: "История ответов" },
  { id: "why", name: "Почему" },
  { id: "journal", name: "Журнал" },
] as const;
export type ItemTab = (typeof TABS)[number]["id"];

/** The tab a link names. */
export function readTab(params: URLSearchParams): ItemTab {
  return TABS.find((tab) => tab.id === params.get("tab"))?.id ?? "conversation";
}

interface ItemPaneProps {
  id: string;
  userId: string;
  /** What the list knows already, shown until the item arrives. */
  row: InteractionSummary | undefined;
  tab: ItemTab;
  onTab: (tab: ItemTab) => void;
  /** The moment to show it as of; none for now. */
  asOf: string | undefined;
  onAsOf: (asOf: string | undefined) => void;
  onBack: () => void;
  onSentAndNext: () => void;
  /** Changes when the editor should take the focus. */
  focusRequest: number;
  /** No list stands beside it, so that it gives the page its heading. */
  isAlone: boolean;
}

export function ItemPane(props: ItemPaneProps) {
  const { id, userId, tab, onTab, asOf, onAsOf } = props;
  const query = useQuery(itemQuery(id));
  const past = usePast(id, asOf);
  const item = query.data;
  const known = past.step?.state ?? item ?? props.row;
  const client = useQueryClient();
  const openPast = () => {
    const show = (steps: readonly Step[]) => onAsOf(steps.at(-1)?.event.aiqcursor);
    client.query(stepsQuery(id)).then(show, () => undefined);
  };
  useShortcut("past", openPast, asOf === undefined);
  const onWhy = () => onTab(tab === "why" ? "conversation" : "why");
  useShortcut("why", onWhy, asOf === undefined);

  if (!known) {
    return query.error ? (
      <div className={styles.alone}>
        <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
      </div>
    ) : (
      <ItemSkeleton />
    );
  }
  return (
    <article id="item" tabIndex={-1} className={styles.pane} aria-label={`Обращение: ${titleOf(known)}`}>
      <ItemHeader
        row={known}
        isAlone={props.isAlone}
        reasons={asOf === undefined ? item?.deadline_reasons : past.step?.state.deadline_reasons}
        asOf={asOf === undefined ? undefined : past.step?.event.time}
        onBack={props.onBack}
        onWhy={asOf === undefined ? () => onTab("why") : undefined}
      />
      {asOf !== undefined ? (
        <Past
          key={id}
          past={past}
          userId={userId}
          onStep={(step) => onAsOf(step.event.aiqcursor)}
          onNow={() => onAsOf(undefined)}
        />
      ) : (
        <Tabs
          className={styles.tabs ?? ""}
          selectedKey={tab}
          onSelectionChange={(key) => onTab(TABS.find((each) => each.id === key)?.id ?? "conversation")}
        >
          <TabList aria-label="Обращение" className={styles.list ?? ""}>
            {TABS.map((each) => (
              <Tab key={each.id} id={each.id} className={styles.tab ?? ""}>
                {each.name}
              </Tab>
            ))}
          </TabList>
          {query.error && (
            <div className={styles.trouble}>
              <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
            </div>
          )}
          <TabPanel id="conversation" className={styles.panel ?? ""}>
            {item ? (
              <Conversation
                key={id}
                item={item}
                userId={userId}
                onSentAndNext={props.onSentAndNext}
                focusRequest={props.focusRequest}
              />
            ) : (
              <ItemSkeleton />
            )}
          </TabPanel>
          <TabPanel id="history" className={`${styles.panel} ${styles.scroll}`}>
            {item && <History item={item} userId={userId} />}
          </TabPanel>
          <TabPanel id="why" className={`${styles.panel} ${styles.scroll}`}>
            {item && <WhyPanel item={item} onAsOf={onAsOf} />}
          </TabPanel>
          <TabPanel id="journal" className={`${styles.panel} ${styles.scroll}`}>
            {item && <Journal item={item} userId={userId} onAsOf={onAsOf} />}
          </TabPanel>
        </Tabs>
      )}
    </article>
  );
}

function ItemSkeleton() {
  return (
    <Delayed>
      <div className={styles.skeleton} role="status" aria-label="Загрузка обращения">
        <Skeleton width="40%" />
        <Skeleton width="85%" />
        <Skeleton width="70%" />
      </div>
    </Delayed>
  );
}
