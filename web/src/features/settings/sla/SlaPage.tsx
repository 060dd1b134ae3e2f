/** By when buyers are answered: what the seller settles, and what that would have done to history. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import { slaQuery } from "@/lib/api/queries";
import styles from "./Sla.module.css";
import { SlaForm } from "./SlaForm";

export function SlaPage() {
  const sla = useQuery({ ...slaQuery, refetchOnMount: "always" });
  const [loads, setLoads] = useState(0);
  const reload = async () => {
    await sla.refetch();
    setLoads(loads + 1);
  };
  // What was kept from an earlier visit may be old, and what is edited must not change under the hands.
  const loaded = sla.isFetchedAfterMount ? sla.data : undefined;
  return (
    <div className={styles.page}>
      <p>
        <Link to="/settings">Настройки</Link>
      </p>
      <h1>Сроки</h1>
      {sla.error && <ProblemNote error={sla.error} onRetry={() => void sla.refetch()} />}
      {loaded && <SlaForm key={loads} loaded={loaded} onReload={() => void reload()} />}
    </div>
  );
}
