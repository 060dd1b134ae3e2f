/** Where the marketplace may tell of news by itself: an address to copy into its cabinet, and what came there. */
import { useQuery } from "@tanstack/react-query";
import { BellRing } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { Dialog } from "@/components/Dialog";
import { Moment } from "@/components/Moment";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { announce } from "@/lib/announce";
import { notificationsQuery } from "@/lib/api/queries";
import type { Account, NotificationAddress } from "@/lib/api/types";
import { MARKETPLACE } from "@/lib/words";
import { useRenewNotifications } from "./accounts";
import styles from "./Notifications.module.css";

export function Notifications({ account }: { account: Account }) {
  const notifications = useQuery(notificationsQuery(account.account_id));
  const { data } = notifications;
  if (notifications.error && !data) {
    return <ProblemNote error={notifications.error} onRetry={() => void notifications.refetch()} />;
  }
  if (!data?.offered) return null;
  return (
    <section className={styles.section} aria-label="Уведомления площадки">
      {data.address ? <Address account={account} address={data.address} /> : <Offer account={account} />}
    </section>
  );
}

function Offer({ account }: { account: Account }) {
  const renew = useRenewNotifications(account.account_id);
  return (
    <>
      <div className={styles.line}>
        <p className={styles.quiet}>
          {MARKETPLACE[account.marketplace].name} может сам сообщать о новых обращениях: они появятся за
          секунды, а не по расписанию.
        </p>
        <Button
          size="small"
          icon={<BellRing size={13} />}
          isPending={renew.isPending}
          onPress={() =>
            renew.mutate(undefined, { onSuccess: () => announce("Адрес для уведомлений создан") })
          }
        >
          Получить адрес
        </Button>
      </div>
      {renew.error && <ProblemNote error={renew.error} />}
    </>
  );
}

function Address({ account, address }: { account: Account; address: NotificationAddress }) {
  const [isAsked, setAsked] = useState(false);
  const url = window.location.origin + address.path;
  const { name } = MARKETPLACE[account.marketplace];
  const refused = newest(address);
  return (
    <>
      <p className={styles.quiet}>
        Адрес для уведомлений. Вставьте его в настройках уведомлений кабинета {name} и никому больше не
        показывайте.
      </p>
      <div className={styles.line}>
        <code className={styles.address}>{url}</code>
        <CopyButton text={url} label="Скопировать адрес" />
        <Button size="small" onPress={() => setAsked(true)}>
          Сменить адрес
        </Button>
      </div>
      <p className={styles.quiet}>
        {address.last_received_at === null ? (
          "Уведомлений ещё не было. Без них обращения загружаются по расписанию."
        ) : (
          <>
            Последнее уведомление: <Moment at={address.last_received_at} isExact />
          </>
        )}
      </p>
      {window.location.protocol !== "https:" && (
        <Note tone="warn" title="Площадка не сможет обратиться по этому адресу">
          <p>
            Ей нужен адрес с https, открытый из интернета, а эта страница открыта без https. Обращения
            загружаются по расписанию; за адресом обратитесь к тому, кто настраивал сервер.
          </p>
        </Note>
      )}
      {refused && (
        <Note tone="warn" title={refused.message}>
          <p>
            <Moment at={refused.at} isExact />. Мы его не приняли, на загрузку по расписанию это не влияет.
            Проверьте, что в кабинете {name} указан адрес именно этого кабинета.
          </p>
        </Note>
      )}
      <Dialog title="Сменить адрес уведомлений?" isOpen={isAsked} isAlert onClose={() => setAsked(false)}>
        <Renewal account={account} onDone={() => setAsked(false)} />
      </Dialog>
    </>
  );
}

function Renewal({ account, onDone }: { account: Account; onDone: () => void }) {
  const renew = useRenewNotifications(account.account_id);
  return (
    <>
      <p>
        Прежний адрес сразу перестанет работать. Пока в кабинете {MARKETPLACE[account.marketplace].name} не
        указан новый, обращения загружаются по расписанию.
      </p>
      {renew.error && <ProblemNote error={renew.error} />}
      <div className={styles.choices}>
        <Button onPress={onDone}>Отмена</Button>
        <Button
          weight="danger"
          isPending={renew.isPending}
          onPress={() =>
            renew.mutate(undefined, {
              onSuccess: () => {
                announce("Адрес для уведомлений сменён");
                onDone();
              },
            })
          }
        >
          Сменить
        </Button>
      </div>
    </>
  );
}

/** The last refusal, unless notifications have been accepted since. */
function newest({ last_refused: refused, last_received_at: received }: NotificationAddress) {
  const isOver = refused && received !== null && received > refused.at;
  return isOver ? null : refused;
}
