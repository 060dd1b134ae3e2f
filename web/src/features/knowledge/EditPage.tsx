/** One document or product: written, written anew, removed. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Link, useLocation, useNavigate, useParams } from "react-router";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { api, intended } from "@/lib/api/client";
import { knowledgeItemQuery } from "@/lib/api/knowledge-queries";
import { asProblem } from "@/lib/api/problem";
import { keys } from "@/lib/api/queries";
import type { KnowledgeItem, NewKnowledge } from "@/lib/api/types";
import { DocumentFields, ProductFields } from "./Fields";
import {
  askedDocument,
  askedProduct,
  documentForm,
  minorOf,
  NO_DOCUMENT,
  NO_PRODUCT,
  productForm,
  readBegun,
  titleOf,
  type Begun,
} from "./knowledge-words";
import styles from "./Knowledge.module.css";

export function NewKnowledgePage() {
  const { kind } = useParams();
  const navigate = useNavigate();
  const begun = readBegun(useLocation().state);
  const isProduct = kind === "product";
  return (
    <div className={styles.page}>
      <Back />
      <h1>{isProduct ? "Новый товар" : "Новый документ"}</h1>
      <Editor
        key={kind}
        isProduct={isProduct}
        begun={begun}
        onSaved={(item) => void navigate(`/knowledge/${item.knowledge_id}`, { replace: true })}
      />
    </div>
  );
}

export function KnowledgeItemPage() {
  const { id = "" } = useParams();
  // Also what was just written, which counts as fresh: the page waits for a fetch of its own.
  const item = useQuery({ ...knowledgeItemQuery(id), refetchOnMount: "always" });
  const [loads, setLoads] = useState(0);
  const reload = async () => {
    await item.refetch();
    setLoads(loads + 1);
  };
  // What was kept from an earlier visit may be old, and what is edited must not change under the hands.
  const loaded = item.isFetchedAfterMount ? item.data : undefined;
  return (
    <div className={styles.page}>
      <Back />
      {item.error && <ProblemNote error={item.error} onRetry={() => void item.refetch()} />}
      {loaded && (
        <>
          <h1>{titleOf(loaded)}</h1>
          <Editor
            key={`${id} ${loads}`}
            loaded={loaded}
            isProduct={loaded.product !== null}
            onReload={() => void reload()}
          />
        </>
      )}
    </div>
  );
}

function Back() {
  return (
    <p>
      <Link to="/knowledge">Знания</Link>
    </p>
  );
}

interface EditorProps {
  loaded?: KnowledgeItem;
  isProduct: boolean;
  /** What a new document begins with. */
  begun?: Begun;
  onSaved?: (item: KnowledgeItem) => void;
  /** Takes what is saved by now; what was edited is lost. */
  onReload?: () => void;
}

function Editor({ loaded, isProduct, begun, onSaved, onReload }: EditorProps) {
  const client = useQueryClient();
  const [saved, setSaved] = useState(loaded);
  const [document, setDocument] = useState(
    loaded?.document ? documentForm(loaded.document) : { ...NO_DOCUMENT, ...begun },
  );
  const [product, setProduct] = useState(loaded?.product ? productForm(loaded.product) : NO_PRODUCT);
  const asked: NewKnowledge = isProduct ? askedProduct(product) : askedDocument(document);
  const save = useMutation({
    mutationFn: () => {
      if (saved === undefined) {
        return intended("knowledge", asked, (key) =>
          api.POST("/api/v1/knowledge", { body: asked, params: { header: { "Idempotency-Key": key } } }),
        );
      }
      const body = { replaces: saved.version, ...asked };
      return intended(`knowledge ${saved.knowledge_id}`, body, (key) =>
        api.PUT("/api/v1/knowledge/{id}", {
          body,
          params: { path: { id: saved.knowledge_id }, header: { "Idempotency-Key": key } },
        }),
      );
    },
    onSuccess: (item) => {
      client.setQueryData(keys.knowledgeItem(item.knowledge_id), item);
      void client.invalidateQueries({ queryKey: keys.knowledgeLists });
      setSaved(item);
      onSaved?.(item);
    },
  });
  const errors = new Map(
    save.error === null ? [] : asProblem(save.error).fields.map(({ field, message }) => [field, message]),
  );
  const isConflict = save.error !== null && asProblem(save.error).code === "knowledge_changed";
  const isNoPrice = isProduct && product.price.trim() !== "" && minorOf(product.price) === null;
  const change = () => save.reset();
  return (
    <Form
      className={styles.card ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (!save.isPending && !isNoPrice) save.mutate();
      }}
    >
      <p className={styles.about}>Знания хранятся вечно: без имён и контактов покупателей.</p>
      {isProduct ? (
        <ProductFields
          form={product}
          errors={errors}
          isNew={saved === undefined}
          onChange={(form) => {
            setProduct(form);
            change();
          }}
        />
      ) : (
        <DocumentFields
          form={document}
          errors={errors}
          onChange={(form) => {
            setDocument(form);
            change();
          }}
        />
      )}
      <div className={styles.bar}>
        <Button weight="primary" type="submit" isPending={save.isPending}>
          Сохранить
        </Button>
        {saved && <span className={styles.about}>Версия {saved.version}</span>}
        {saved && <Removal item={saved} />}
      </div>
      {save.error && <ProblemNote error={save.error} shownFields={[...errors.keys()]} />}
      {isConflict && onReload && (
        <div className={styles.bar}>
          <Button onPress={onReload}>Открыть сохранённую запись</Button>
          <span className={styles.about}>Ваши правки на этой странице пропадут.</span>
        </div>
      )}
      {save.isSuccess && <Note tone="good" role="status" title="Сохранено" />}
      {saved && (
        <details>
          <summary>Как запись находится: отрывков {saved.passages.length}</summary>
          <ol>
            {saved.passages.map((passage) => (
              <li key={passage} className={styles.text}>
                {passage}
              </li>
            ))}
          </ol>
        </details>
      )}
    </Form>
  );
}

function Removal({ item }: { item: KnowledgeItem }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const { knowledge_id: id, version: replaces } = item;
  const remove = useMutation({
    mutationFn: () =>
      intended(`knowledge removal ${id}`, { replaces }, (key) =>
        api.DELETE("/api/v1/knowledge/{id}", {
          params: { path: { id }, query: { replaces }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: () => {
      void navigate("/knowledge", { replace: true });
      client.removeQueries({ queryKey: keys.knowledgeItem(id) });
      void client.invalidateQueries({ queryKey: keys.knowledgeLists });
    },
  });
  return (
    <>
      <Button weight="ghost" icon={<Trash2 size={14} />} onPress={() => setAsking(true)}>
        Удалить
      </Button>
      <Dialog title="Удалить запись?" isOpen={isAsking} onClose={() => setAsking(false)} isAlert>
        <p>
          Черновики больше не будут на неё опираться. Прежние версии останутся видны у ответов, которые на них
          опирались.
        </p>
        {remove.error && <ProblemNote error={remove.error} />}
        <div className={styles.bar}>
          <Button onPress={() => setAsking(false)}>Оставить</Button>
          <Button weight="danger" isPending={remove.isPending} onPress={() => remove.mutate()}>
            Удалить
          </Button>
        </div>
      </Dialog>
    </>
  );
}
