/** The bars over all pages: an account whose key no longer works, and one whose key soon will not. */
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, TriangleAlert } from "lucide-react";
import { Link } from "react-router";
import { expiring } from "@/features/accounts/KeyStanding";
import { accountsQuery } from "@/lib/api/queries";
import { ACCESS_LOST } from "@/lib/words";
import styles from "./AccessBar.module.css";

export function AccessBar() {
  const accounts = useQuery(accountsQuery).data ?? [];
  const lost = accounts.filter((account) => account.access);
  const ending = accounts.filter((account) => !account.access && account.key.expiring_days != null);
  return (
    <>
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
      <div role="status">
        {ending.map((account) => (
          <p key={account.account_id} className={`${styles.bar} ${styles.soon}`}>
            <TriangleAlert size={16} aria-hidden="true" />
            <span>
              <b>{account.name}</b>: {expiring(account.key.expiring_days ?? 0)}.
            </span>
            <Link to={`/accounts?replace=${account.account_id}`}>Заменить ключ</Link>
          </p>
        ))}
      </div>
    </>
  );
}
