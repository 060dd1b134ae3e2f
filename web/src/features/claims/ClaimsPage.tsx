/**
 * Buyers' claims for return: which there are, and one of them whole; one at a time where there is no room for both. They
 * are answered at the marketplace.
 */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ArrowLeft, PackageX, Undo2 } from "lucide-react";
import { ListBox, ListBoxItem } from "react-aria-components";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Delayed } from "@/components/Delayed";
import { Empty } from "@/components/Empty";
import { IconButton } from "@/components/IconButton";
import { Moment } from "@/components/Moment";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { accountsQuery, claimsQuery } from "@/lib/api/queries";
import type { Account, Claim } from "@/lib/api/types";
import { useMedia } from "@/lib/media";
import { CLAIM_STATE, claimState, isOutOfSight, MARKETPLACE } from "@/lib/words";
import { ClaimDetail } from "./ClaimDetail";
import styles from "./ClaimsPage.module.css";

const ALL = "all";
const STATES = [
  { value: ALL, label: "Все состояния" },
  ...Object.entries(CLAIM_STATE).map(([value, label]) => ({ value, label })),
];

function isState(text: string | null): text is Claim["state"] {
  return text !== null && Object.hasOwn(CLAIM_STATE, text);
}

export function ClaimsPage() {
  const { id } = useParams();
  const [params, setParams] = useSearchParams();
  const accounts = useQuery(accountsQuery).data ?? [];
  const asked = params.get("state");
  const state = isState(asked) ? asked : undefined;
  const account = params.get("account") ?? undefined;
  const read = accounts.filter((one) => one.claims !== null);
  const navigate = useNavigate();
  const isNarrow = useMedia("(width < 860px)");
  const showsList = !isNarrow || id === undefined;
  const showsClaim = !isNarrow || id !== undefined;

  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(params);
    if (value === ALL) next.delete(name);
    else next.set(name, value);
    setParams(next, { replace: true });
  };
  return (
    <div className={styles.page}>
      {showsList && (
        <section className={styles.side} aria-labelledby="claims">
          <header className={styles.header}>
            <h1 id="claims">Возвраты</h1>
            <div className={styles.filters}>
              <Choice
                label="Состояние заявки"
                value={state ?? ALL}
                options={STATES}
                onChange={(value) => choose("state", value)}
                isActive={state !== undefined}
              />
              {read.length > 1 && (
                <Choice
                  label="Кабинет"
                  value={account ?? ALL}
                  options={[
                    { value: ALL, label: "Все кабинеты" },
                    ...read.map((one) => ({ value: one.account_id, label: one.name })),
                  ]}
                  onChange={(value) => choose("account", value)}
                  isActive={account !== undefined}
                />
              )}
            </div>
          </header>
          <Standing accounts={read} />
          <Claims filters={{ ...(state && { state }), ...(account && { account_id: account }) }} />
        </section>
      )}
      {showsClaim && (
        <div className={styles.main}>
          {isNarrow && (
            <IconButton
              label="К списку"
              icon={<ArrowLeft size={16} />}
              onPress={() => void navigate({ pathname: "/claims", search: params.toString() })}
            />
          )}
          {id === undefined ? (
            <Empty icon={<Undo2 size={24} />} title="Выберите заявку" />
          ) : (
            <ClaimDetail key={id} id={id} isAlone={isNarrow} />
          )}
        </div>
      )}
    </div>
  );
}

/** Said where claims are not read, so that an empty list is not taken for no claims. */
function Standing({ accounts }: { accounts: readonly Account[] }) {
  return accounts.map(({ account_id, name, claims }) => {
    if (claims?.reason != null) {
      return (
        <Note key={account_id} tone="warn" title={`Возвраты не читаются: ${name}`}>
          <p>{claims.reason}</p>
        </Note>
      );
    }
    const error = claims?.sync.error;
    return (
      error && (
        <Note key={account_id} tone="warn" title={`${name}: ${error.message}`}>
          <p>Повторяем сами. Ниже то, что прочитано раньше.</p>
        </Note>
      )
    );
  });
}

function Claims({ filters }: { filters: { state?: Claim["state"]; account_id?: string } }) {
  const navigate = useNavigate();
  const { id } = useParams();
  const [params] = useSearchParams();
  const list = useInfiniteQuery(claimsQuery(filters));
  const claims = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.isPending) {
    return (
      <Delayed>
        <Empty icon={<Spinner size={24} />} title="Загрузка..." />
      </Delayed>
    );
  }
  const open = (claim: string) => void navigate(`/claims/${claim}?${params}`, { replace: id !== undefined });
  return (
    <>
      {list.error && <ProblemNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.error && claims.length === 0 && <Nothing isFiltered={Object.keys(filters).length > 0} />}
      {claims.length > 0 && (
        <ListBox
          aria-label="Заявки на возврат"
          className={styles.list ?? ""}
          selectionMode="single"
          selectionBehavior="replace"
          selectedKeys={id === undefined ? [] : [id]}
          onSelectionChange={(chosen) => {
            const first = chosen === "all" ? undefined : [...chosen][0];
            if (first !== undefined) open(String(first));
          }}
          items={claims.map((claim) => ({ ...claim, id: claim.claim_id }))}
        >
          {(claim) => (
            <ListBoxItem id={claim.id} textValue={rowText(claim)} className={styles.row ?? ""}>
              <Row claim={claim} />
            </ListBoxItem>
          )}
        </ListBox>
      )}
      {list.hasNextPage && (
        <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
          Показать ещё
        </Button>
      )}
    </>
  );
}

function rowText({ words, product, erased }: Claim): string {
  return erased ? "Данные покупателя удалены" : words.comment || product.name || "Без комментария";
}

function Row({ claim }: { claim: Claim }) {
  return (
    <>
      <span className={styles.meta}>
        <span className={styles[isOutOfSight(claim) ? "other" : claim.state]}>{claimState(claim)}</span>
        <span>{MARKETPLACE[claim.marketplace].short}</span>
        <Moment at={claim.occurred_at} />
      </span>
      <span className={styles.comment}>{rowText(claim)}</span>
      <span className={styles.product}>
        {claim.product.name || "Товар без названия"} · {claim.product.article}
      </span>
    </>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  return (
    <Empty icon={<PackageX size={24} />} title={isFiltered ? "Таких заявок нет" : "Заявок на возврат нет"}>
      <p>
        {isFiltered
          ? "Выберите другое состояние или кабинет."
          : "Здесь появятся заявки Wildberries: площадка отдаёт заявки за последние 14 дней."}
      </p>
    </Empty>
  );
}
