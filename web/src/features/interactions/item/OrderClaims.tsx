/** Claims for return of the order that a chat is about, as a way there. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { Moment } from "@/components/Moment";
import { claimsQuery } from "@/lib/api/queries";
import type { Interaction } from "@/lib/api/types";
import { claimState } from "@/lib/words";
import styles from "./OrderClaims.module.css";

export function OrderClaims({ item }: { item: Interaction }) {
  return item.order_id == null ? null : <OfOrder account={item.account_id} order={item.order_id} />;
}

/** Nothing is said while they are looked for, or when that fails: the page of claims tells of it. */
function OfOrder({ account, order }: { account: string; order: string }) {
  const { data } = useInfiniteQuery(claimsQuery({ account_id: account, order_id: order }));
  const claims = data?.pages.flatMap((page) => page.items) ?? [];
  if (claims.length === 0) return null;
  return (
    <ul className={styles.claims} aria-label="Заявки на возврат по этому заказу">
      {claims.map((claim) => (
        <li key={claim.claim_id} className={styles.line}>
          <Link to={`/claims/${claim.claim_id}`}>Заявка на возврат</Link>
          <span>{claimState(claim)}</span>
          <Moment at={claim.occurred_at} />
        </li>
      ))}
    </ul>
  );
}
