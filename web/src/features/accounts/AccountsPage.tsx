/** The connected marketplace accounts: connect, look after, repair. */
import { useQuery } from "@tanstack/react-query";
import { Plus, Store } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { Button } from "@/components/Button";
import { Delayed } from "@/components/Delayed";
import { Dialog } from "@/components/Dialog";
import { Empty } from "@/components/Empty";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { accountsQuery } from "@/lib/api/queries";
import { AccountCard } from "./AccountCard";
import { ConnectForm } from "./ConnectForm";
import { ReplaceTokenForm } from "./ReplaceTokenForm";
import styles from "./AccountsPage.module.css";

export function AccountsPage() {
  const accounts = useQuery(accountsQuery);
  const [params, setParams] = useSearchParams();
  const [isConnecting, setConnecting] = useState(false);
  const replaced = accounts.data?.find((account) => account.account_id === params.get("replace"));
  const openReplace = (id: string | null) => setParams(id === null ? {} : { replace: id }, { replace: true });

  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1>Кабинеты</h1>
        {accounts.data && accounts.data.length > 0 && (
          <Button weight="primary" icon={<Plus size={16} />} onPress={() => setConnecting(true)}>
            Подключить кабинет
          </Button>
        )}
      </header>
      {accounts.error && <ProblemNote error={accounts.error} onRetry={() => void accounts.refetch()} />}
      {accounts.isPending && (
        <Delayed>
          <Empty icon={<Spinner size={24} />} title="Загрузка..." />
        </Delayed>
      )}
      {accounts.data?.length === 0 && (
        <section className={styles.first} aria-labelledby="first-account">
          <span className={styles.firstIcon} aria-hidden="true">
            <Store size={22} />
          </span>
          <h2 id="first-account">Подключите первый кабинет</h2>
          <p>Отзывы, вопросы и чаты начнут загружаться сразу. Отвечать можно, не дожидаясь конца загрузки.</p>
          <ConnectForm onDone={() => undefined} />
        </section>
      )}
      <ul className={styles.list}>
        {accounts.data?.map((account) => (
          <AccountCard
            key={account.account_id}
            account={account}
            onReplaceToken={() => openReplace(account.account_id)}
          />
        ))}
      </ul>
      <Dialog title="Подключить кабинет" isOpen={isConnecting} onClose={() => setConnecting(false)}>
        <ConnectForm onDone={() => setConnecting(false)} />
      </Dialog>
      {replaced && (
        <Dialog title={`Новый ключ: ${replaced.name}`} isOpen onClose={() => openReplace(null)}>
          <ReplaceTokenForm account={replaced} onDone={() => openReplace(null)} />
        </Dialog>
      )}
    </div>
  );
}
