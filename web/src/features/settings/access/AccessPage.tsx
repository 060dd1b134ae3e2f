/** Where one is signed in, the password, and tokens for programs. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { meQuery, sessionsQuery } from "@/lib/api/queries";
import { PasswordCard } from "./PasswordCard";
import { SessionsCard } from "./SessionsCard";
import { TokensCard } from "./TokensCard";

export function AccessPage() {
  const { data: me } = useQuery(meQuery);
  const { data: list, error, refetch } = useQuery(sessionsQuery);
  return (
    <div className={styles.page}>
      <p>
        <Link to="/settings">Настройки</Link>
      </p>
      <h1>Вход</h1>
      {me && <p className={styles.about}>Вы вошли как {me.user.email}.</p>}
      {error && !list && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {list && <SessionsCard sessions={list.items} />}
      {me && <PasswordCard email={me.user.email} />}
      {me && <TokensCard me={me} />}
    </div>
  );
}
