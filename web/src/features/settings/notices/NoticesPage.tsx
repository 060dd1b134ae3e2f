/** Who hears of alerts when nobody is looking at the console. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { recipientsQuery } from "@/lib/api/queries";
import { NewRecipientCard } from "./NewRecipientCard";
import { RecipientCard } from "./RecipientCard";

export function NoticesPage() {
  const { data: list, error, refetch } = useQuery(recipientsQuery);
  return (
    <div className={styles.page}>
      <p>
        <Link to="/settings">Настройки</Link>
      </p>
      <h1>Уведомления</h1>
      <p className={styles.about}>
        Кому сообщить о тревоге, когда в AgentIQ никто не смотрит: ответы не уходят, потерян доступ к
        кабинету, обращения не читаются. Сообщение одно, когда началось или стало срочным, и одно, когда
        прошло и десять минут не возвращалось. О том, за что уже взялись в AgentIQ, не сообщаем.
      </p>
      {error && !list && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {list?.items.map((recipient) => (
        <RecipientCard key={recipient.recipient_id} recipient={recipient} zone={list.zone} />
      ))}
      {list && <NewRecipientCard list={list} />}
    </div>
  );
}
