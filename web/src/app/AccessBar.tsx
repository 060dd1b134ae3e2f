/** The red bar over all pages: an account whose token no longer works. */
import { useQuery } from "@tanstack/react-query";
import { CircleAlert } from "lucide-react";
import { Link } from "react-router";
import { accountsQuery } from "@/lib/api/queries";
import { ACCESS_LOST } from "@/lib/words";
import styles from "./AccessBar.module.css";

export function AccessBar() {
  const lost = useQuery(accountsQuery).data?.filter((account) => account.access) ?? [];
  return (
    <div role="alert">
      {lost.map((account) => (
        <p key={account.account_id} className={styles.bar}>
          <CircleAlert size={16} aria-hidden="true" />
          <span>
            <b>{account.name}</b>: {account.access && ACCESS_LOST[account.access.reason]}
          </span>
          {account.access?.reason === "payment_required" ? (
            <Link to="/accounts">К кабинету</Link>
          ) : (
            <Link to={`/accounts?replace=${account.account_id}`}>Заменить ключ</Link>
          )}
        </p>
      ))}
    </div>
  );
}
