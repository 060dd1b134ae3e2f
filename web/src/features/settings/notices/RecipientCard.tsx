/** Somebody who hears of alerts: what of, whether it arrives, and what can be done about it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { Dialog } from "@/components/Dialog";
import { Moment } from "@/components/Moment";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { announce } from "@/lib/announce";
import { signingKeyQuery } from "@/lib/api/queries";
import type { Recipient } from "@/lib/api/types";
import { asked, MEDIUM, quietFault, typed, wishes } from "./form";
import { useChange, useForget, useTest } from "./recipients";
import { WishFields } from "./WishFields";

type Open = "change" | "forget" | "key";

export function RecipientCard({ recipient, zone }: { recipient: Recipient; zone: string }) {
  const { recipient_id: id, medium, address, failing, told_at } = recipient;
  const [open, setOpen] = useState<Open>();
  const test = useTest(id);
  const close = () => setOpen(undefined);
  const name = `${MEDIUM[medium].name}: ${address}`;
  return (
    <section className={styles.card} aria-label={name}>
      <h2>{name}</h2>
      <p>{wishes(recipient)}</p>
      <p className={styles.about}>
        {told_at === null ? (
          "Сообщений пока не было."
        ) : (
          <>
            Последнее сообщение: <Moment at={told_at} isExact />.
          </>
        )}{" "}
        Добавил {recipient.made_by}.
      </p>
      {failing && (
        <Note tone="bad" title={failing.message}>
          <p>
            Сообщения не доходят с <Moment at={failing.since} isExact />
            {failing.status !== null && <> (ответ сервера: {failing.status})</>}. Попытки повторяются сами;
            тревоги видны в AgentIQ.
          </p>
        </Note>
      )}
      <div className={styles.row}>
        <Button isPending={test.isPending} onPress={() => test.mutate()}>
          Проверить
        </Button>
        <Button onPress={() => setOpen("change")}>Изменить</Button>
        {medium === "webhook" && <Button onPress={() => setOpen("key")}>Ключ подписи</Button>}
        <Button onPress={() => setOpen("forget")}>Удалить</Button>
      </div>
      {test.data && (
        <Note tone={test.data.delivered ? "good" : "bad"} role="status" title={test.data.message}>
          {test.data.status !== null && <p>Ответ сервера: {test.data.status}.</p>}
        </Note>
      )}
      {test.error && <ProblemNote error={test.error} />}
      <Dialog title="О чём сообщать" isOpen={open === "change"} onClose={close}>
        <Change recipient={recipient} zone={zone} onDone={close} />
      </Dialog>
      <Dialog title="Ключ подписи" isOpen={open === "key"} onClose={close}>
        <Key id={id} />
      </Dialog>
      <Dialog title="Больше не сообщать?" isOpen={open === "forget"} isAlert onClose={close}>
        <Forget recipient={recipient} onDone={close} />
      </Dialog>
    </section>
  );
}

interface PartProps {
  recipient: Recipient;
  onDone: () => void;
}

function Change({ recipient, zone, onDone }: PartProps & { zone: string }) {
  const [form, setForm] = useState(() => typed(recipient));
  const change = useChange(recipient.recipient_id);
  const isSound = quietFault(form) === undefined;
  return (
    <Form
      className={styles.wide ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isSound || change.isPending) return;
        change.mutate(asked(form), {
          onSuccess: () => {
            announce("Сохранено");
            onDone();
          },
        });
      }}
    >
      <WishFields form={form} zone={zone} onChange={setForm} />
      {change.error && <ProblemNote error={change.error} />}
      <div className={styles.row}>
        <Button weight="primary" type="submit" isPending={change.isPending} isDisabled={!isSound}>
          Сохранить
        </Button>
        <Button onPress={onDone}>Отмена</Button>
      </div>
    </Form>
  );
}

function Forget({ recipient, onDone }: PartProps) {
  const forget = useForget(recipient.recipient_id);
  return (
    <>
      <p>Адрес и сведения о том, что ему сообщалось, удаляются. О новых тревогах туда не сообщим.</p>
      {forget.error && <ProblemNote error={forget.error} />}
      <div className={styles.row}>
        <Button onPress={onDone}>Отмена</Button>
        <Button
          weight="danger"
          isPending={forget.isPending}
          onPress={() =>
            forget.mutate(undefined, {
              onSuccess: () => {
                announce("Получатель удалён");
                onDone();
              },
            })
          }
        >
          Удалить получателя
        </Button>
      </div>
    </>
  );
}

function Key({ id }: { id: string }) {
  const key = useQuery(signingKeyQuery(id));
  return (
    <>
      <p>
        По нему ваша программа проверяет, что сообщение от AgentIQ: заголовок webhook-signature, стандарт
        Standard Webhooks. Никому его не показывайте.
      </p>
      {key.error && <ProblemNote error={key.error} onRetry={() => void key.refetch()} />}
      {key.data !== undefined && (
        <div className={styles.row}>
          <code>{key.data}</code>
          <CopyButton text={key.data} label="Скопировать ключ" />
        </div>
      )}
    </>
  );
}
