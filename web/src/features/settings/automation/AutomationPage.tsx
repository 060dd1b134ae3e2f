/** What the seller wants answered without a person, and what history says of it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { automationQuery, backtestsQuery } from "@/lib/api/queries";
import { AutomationForm } from "./AutomationForm";

export function AutomationPage() {
  const automation = useQuery({ ...automationQuery, refetchOnMount: "always" });
  const backtests = useQuery(backtestsQuery);
  const [loads, setLoads] = useState(0);
  const reload = async () => {
    await automation.refetch();
    setLoads(loads + 1);
  };
  // What was kept from an earlier visit may be old, and what is edited must not change under the hands.
  const loaded = automation.isFetchedAfterMount ? automation.data : undefined;
  const problem = automation.error ?? backtests.error;
  return (
    <div className={styles.page}>
      <p>
        <Link to="/settings">Настройки</Link>
      </p>
      <h1>Автоматика</h1>
      {problem && <ProblemNote error={problem} onRetry={() => void reload()} />}
      {loaded && backtests.data && (
        <AutomationForm
          key={loads}
          loaded={loaded}
          backtests={backtests.data}
          onReload={() => void reload()}
        />
      )}
    </div>
  );
}
