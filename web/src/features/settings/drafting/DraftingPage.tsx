/** How drafts are made: whether before anybody asks, by whom, how many, and how they sound. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import { draftingQuery } from "@/lib/api/queries";
import styles from "@/features/settings/SettingsPage.module.css";
import { DraftingForm } from "./DraftingForm";

export function DraftingPage() {
  const drafting = useQuery({ ...draftingQuery, refetchOnMount: "always" });
  const [loads, setLoads] = useState(0);
  const reload = async () => {
    await drafting.refetch();
    setLoads(loads + 1);
  };
  // What was kept from an earlier visit may be old, and what is edited must not change under the hands.
  const loaded = drafting.isFetchedAfterMount ? drafting.data : undefined;
  return (
    <div className={styles.page}>
      <p>
        <Link to="/settings">Настройки</Link>
      </p>
      <h1>Черновики</h1>
      {drafting.error && <ProblemNote error={drafting.error} onRetry={() => void drafting.refetch()} />}
      {loaded && <DraftingForm key={loads} loaded={loaded} onReload={() => void reload()} />}
    </div>
  );
}
