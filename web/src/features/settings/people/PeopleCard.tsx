/** The seller's people, each with a role, and the way to shut somebody out. */
import { useState } from "react";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Dialog } from "@/components/Dialog";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { announce } from "@/lib/announce";
import type { Member, RoleList } from "@/lib/api/types";
import { useChangePerson } from "./people";
import { chosen, options, valueOf } from "./words";
import own from "./People.module.css";

interface PeopleCardProps {
  people: readonly Member[];
  roles: RoleList;
}

export function PeopleCard({ people, roles }: PeopleCardProps) {
  return (
    <section className={styles.card} aria-labelledby="people">
      <h2 id="people">Люди</h2>
      <p className={styles.about}>
        Новая роль действует со следующего действия человека. Кому вход закрыт, тот сразу выходит отовсюду;
        его ответы и заметки остаются.
      </p>
      <ul className={own.list}>
        {people.map((person) => (
          <Person key={person.user_id} person={person} roles={roles} />
        ))}
      </ul>
    </section>
  );
}

function Person({ person, roles }: { person: Member; roles: RoleList }) {
  const [isAsking, setAsking] = useState(false);
  const change = useChangePerson(person.user_id);
  const isOut = person.disabled_at !== null;
  const close = () => {
    setAsking(false);
    change.reset();
  };
  const role = valueOf(person);
  const shut = (disabled: boolean) =>
    change.mutate(
      { ...chosen(role), disabled },
      {
        onSuccess: () => {
          announce(disabled ? "Вход закрыт" : "Вход открыт");
          setAsking(false);
        },
      },
    );
  return (
    <li aria-label={person.email}>
      <div className={own.entry}>
        <span className={own.what}>
          <b>{person.email}</b>
          {person.is_me && " (вы)"}
          <br />
          <span className={styles.about}>
            {person.disabled_at !== null ? (
              <>
                Вход закрыт с <Moment at={person.disabled_at} isExact />
              </>
            ) : person.last_used_at === null ? (
              "Сейчас нигде не вошёл"
            ) : (
              <>
                Последнее действие: <Moment at={person.last_used_at} />
              </>
            )}
          </span>
        </span>
        <span className={own.actions}>
          <Choice
            label={`Роль: ${person.email}`}
            value={role}
            options={options(roles)}
            onChange={(value) =>
              change.mutate(
                { ...chosen(value), disabled: isOut },
                { onSuccess: () => announce("Роль изменена") },
              )
            }
          />
          {isOut ? (
            <Button isPending={change.isPending} onPress={() => shut(false)}>
              Открыть вход
            </Button>
          ) : (
            <Button onPress={() => setAsking(true)}>Закрыть вход</Button>
          )}
        </span>
      </div>
      {change.error && !isAsking && <ProblemNote error={change.error} />}
      <Dialog title="Закрыть вход?" isOpen={isAsking} isAlert onClose={close}>
        <p>
          {person.email} сразу выйдет отовсюду и не сможет войти, его токены для программ перестанут
          действовать. Вернуть вход можно здесь же; токены придётся сделать заново.
        </p>
        {change.error && <ProblemNote error={change.error} />}
        <div className={styles.row}>
          <Button onPress={close}>Отмена</Button>
          <Button weight="danger" isPending={change.isPending} onPress={() => shut(true)}>
            Закрыть вход
          </Button>
        </div>
      </Dialog>
    </li>
  );
}
