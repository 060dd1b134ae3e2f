/** One claim whole: what the buyer wants back and why, how it stands, what can be answered at the marketplace. */
import { useQuery } from "@tanstack/react-query";
import { Image, Video } from "lucide-react";
import { CopyButton } from "@/components/CopyButton";
import { Delayed } from "@/components/Delayed";
import { Empty } from "@/components/Empty";
import { ErasedNote } from "@/components/Erasure";
import { Moment } from "@/components/Moment";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { claimQuery } from "@/lib/api/queries";
import type { Claim } from "@/lib/api/types";
import { claimState, isOutOfSight, MARKETPLACE } from "@/lib/words";
import { EraseClaim } from "./EraseClaim";
import { actionName, GOODS, ORIGIN, priceText } from "./claim-words";
import styles from "./ClaimDetail.module.css";

export function ClaimDetail({ id, isAlone }: { id: string; isAlone: boolean }) {
  const claim = useQuery(claimQuery(id));
  const problem = claim.error && <ProblemNote error={claim.error} onRetry={() => void claim.refetch()} />;
  if (!claim.data) {
    return (
      problem ?? (
        <Delayed>
          <Empty icon={<Spinner size={24} />} title="Загрузка..." />
        </Delayed>
      )
    );
  }
  return (
    <>
      {problem}
      <Whole claim={claim.data} isAlone={isAlone} />
    </>
  );
}

function Whole({ claim, isAlone }: { claim: Claim; isAlone: boolean }) {
  const { words, product, order } = claim;
  const Heading = isAlone ? "h1" : "h2";
  return (
    <article className={styles.claim} aria-labelledby="claim-product">
      <header>
        <Heading id="claim-product">{product.name || "Товар без названия"}</Heading>
        <p className={styles.quiet}>
          {MARKETPLACE[claim.marketplace].name} · {claim.account_name} · артикул{" "}
          {product.article || "не указан"}
        </p>
      </header>
      {isOutOfSight(claim) && <OutOfSight claim={claim} />}
      {claim.erased ? (
        <ErasedNote of="claims" id={claim.claim_id}>
          Слова, фотографии и видео больше никто не прочитает. История событий сохранена без них.
        </ErasedNote>
      ) : (
        <Said claim={claim} />
      )}
      <dl className={styles.facts}>
        <Fact name="Решение">
          {claimState(claim)}
          {claim.state !== "under_review" && claim.decided_at !== null && (
            <>
              , <Moment at={claim.decided_at} isExact />
            </>
          )}
        </Fact>
        <Fact name="Что с товаром">{GOODS[claim.goods]}</Fact>
        <Fact name="Оформлена">
          <Moment at={claim.occurred_at} isExact /> {ORIGIN[claim.origin]}
        </Fact>
        {claim.price && <Fact name="Заплачено">{priceText(claim.price)}</Fact>}
        {order.external_id !== null && (
          <Fact name="Заказ">
            {order.external_id} <CopyButton text={order.external_id} label="Скопировать номер заказа" />
          </Fact>
        )}
        {order.ordered_at !== null && (
          <Fact name="Заказан">
            <Moment at={order.ordered_at} isExact />
          </Fact>
        )}
        {order.delivered_at !== null && (
          <Fact name="Получен">
            <Moment at={order.delivered_at} isExact />
          </Fact>
        )}
        {claim.last_seen_at != null && (
          <Fact name="Видели на площадке">
            <Moment at={claim.last_seen_at} isExact />
          </Fact>
        )}
        {words.device_check !== null && <Fact name="Сверка номеров">{words.device_check}</Fact>}
        <Fact name="Номер заявки">
          {claim.external_id} <CopyButton text={claim.external_id} label="Скопировать номер заявки" />
        </Fact>
      </dl>
      <Actions claim={claim} />
      {!claim.erased && <EraseClaim claim={claim} />}
    </article>
  );
}

/** What people wrote, as text only. */
function Said({ claim: { words } }: { claim: Claim }) {
  return (
    <>
      <section aria-label="Слова покупателя" className={styles.words}>
        <p className={styles.text}>{words.comment || "Покупатель не оставил комментария."}</p>
        {(words.photos.length > 0 || words.videos.length > 0) && (
          <ul className={styles.files} aria-label="Вложения">
            {words.photos.map((url, index) => (
              <Attachment key={url} icon={<Image size={13} />} name={`Фото ${index + 1}`} url={url} />
            ))}
            {words.videos.map((url, index) => (
              <Attachment key={url} icon={<Video size={13} />} name={`Видео ${index + 1}`} url={url} />
            ))}
          </ul>
        )}
      </section>
      {words.answer !== null && (
        <section aria-label="Ответ покупателю" className={styles.words}>
          <h3>Ответ покупателю</h3>
          <p className={styles.text}>{words.answer}</p>
        </section>
      )}
    </>
  );
}

/** The program lets no other address through than one of the web. */
function Attachment({ icon, name, url }: { icon: React.ReactNode; name: string; url: string }) {
  return (
    <li>
      <a href={url} target="_blank" rel="noreferrer noopener" className={styles.file}>
        <span aria-hidden="true">{icon}</span>
        {name}
      </a>
    </li>
  );
}

/** Said of a claim whose end nobody will learn here. */
function OutOfSight({ claim }: { claim: Claim }) {
  return (
    <Note tone="warn" title="Площадка больше не показывает эту заявку">
      <p>
        {claim.last_seen_at != null && (
          <>
            Последний раз видели её <Moment at={claim.last_seen_at} isExact />, решения тогда ещё не
            было.{" "}
          </>
        )}
        {MARKETPLACE[claim.marketplace].name} отдаёт заявки только за последние 14 дней, поэтому решение здесь
        уже не появится. Посмотрите его в личном кабинете площадки.
      </p>
    </Note>
  );
}

function Actions({ claim: { actions, listed } }: { claim: Claim }) {
  return (
    <section aria-labelledby="claim-actions" className={styles.words}>
      <h3 id="claim-actions">Что можно ответить</h3>
      {!listed ? (
        <p className={styles.quiet}>Это видно только в личном кабинете площадки.</p>
      ) : actions.length === 0 ? (
        <p className={styles.quiet}>Площадка не предлагает действий с этой заявкой.</p>
      ) : (
        <>
          <ul className={styles.actions}>
            {actions.map((action) => (
              <li key={action}>{actionName(action)}</li>
            ))}
          </ul>
          <p className={styles.quiet}>
            Отвечают на заявку в личном кабинете площадки. Решение появится здесь само. Срок для ответа
            площадка не сообщает.
          </p>
        </>
      )}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
