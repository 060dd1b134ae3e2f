/** The rules about replies: the seller's own lists, and those that every seller has. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import { guardrailsQuery } from "@/lib/api/queries";
import { BuiltInRules } from "./BuiltInRules";
import styles from "./Guardrails.module.css";
import { OwnLists } from "./OwnLists";

export function GuardrailsPage() {
  const rules = useQuery({ ...guardrailsQuery, refetchOnMount: "always" });
  const [loads, setLoads] = useState(0);
  const reload = async () => {
    await rules.refetch();
    setLoads(loads + 1);
  };
  // What was kept from an earlier visit may be old, and what is edited must not change under the hands.
  const loaded = rules.isFetchedAfterMount ? rules.data : undefined;
  return (
    <div className={styles.page}>
      <p>
        <Link to="/settings">Настройки</Link>
      </p>
      <h1>Правила ответов</h1>
      {rules.error && <ProblemNote error={rules.error} onRetry={() => void rules.refetch()} />}
      {loaded && <OwnLists key={loads} loaded={loaded} onReload={() => void reload()} />}
      {loaded && <BuiltInRules rules={loaded.built_in.rules} />}
    </div>
  );
}
