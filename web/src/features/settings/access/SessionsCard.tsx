/** The sessions in force, each with its end. */
import { Button } from "@/components/Button";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import type { SignedIn } from "@/lib/api/types";
import { useEndOthers, useEndSession } from "./access";
import { programName } from "./program";
import own from "./AccessPage.module.css";

export function SessionsCard({ sessions }: { sessions: readonly SignedIn[] }) {
  const endOthers = useEndOthers();
  return (
    <section className={styles.card} aria-labelledby="sessions">
      <h2 id="sessions">Сеансы</h2>
      <p className={styles.about}>
        Где открыт ваш вход. Незнакомый сеанс завершите и смените пароль: с прежним больше никто не войдёт.
      </p>
      <ul className={own.sessions}>
        {sessions.map((session) => (
          <Session key={session.session_id} session={session} />
        ))}
      </ul>
      {sessions.length > 1 && (
        <div className={styles.row}>
          <Button isPending={endOthers.isPending} onPress={() => endOthers.mutate()}>
            Завершить все остальные
          </Button>
        </div>
      )}
      {endOthers.error && <ProblemNote error={endOthers.error} />}
    </section>
  );
}

function Session({ session }: { session: SignedIn }) {
  const end = useEndSession(session.session_id);
  const name = session.kind === "token" ? "Программа" : programName(session.program);
  return (
    <li aria-label={session.is_current ? `${name}, этот сеанс` : name}>
      <div className={own.session}>
        <span className={own.what}>
          <b>{name}</b>
          {session.address !== null && `, ${session.address}`}
          {session.kind === "token" && session.program !== null && ` (${session.program})`}
          <br />
          <span className={styles.about}>
            {session.is_current ? (
              "Этот сеанс"
            ) : (
              <>
                Последнее обращение: <Moment at={session.last_used_at} />
              </>
            )}
            . Вход: <Moment at={session.created_at} isExact />.
          </span>
        </span>
        {!session.is_current && (
          <Button isPending={end.isPending} onPress={() => end.mutate()}>
            Завершить
          </Button>
        )}
      </div>
      {end.error && <ProblemNote error={end.error} />}
    </li>
  );
}
