/** The fields of a document and of a product. */
import { Choice } from "@/components/Choice";
import { Field } from "@/components/Field";
import { Lines } from "@/components/Lines";
import { AVAILABILITY, minorOf, TOPICS, type DocumentForm, type ProductForm } from "./knowledge-words";
import styles from "./Knowledge.module.css";

interface FieldsProps<T> {
  form: T;
  /** What the server has against single fields, by their names there. */
  errors: ReadonlyMap<string, string>;
  onChange: (form: T) => void;
}

export function DocumentFields({ form, errors, onChange }: FieldsProps<DocumentForm>) {
  const set = (part: Partial<DocumentForm>) => onChange({ ...form, ...part });
  return (
    <>
      <div className={styles.bar}>
        <Choice label="Тема" value={form.topic} options={TOPICS} onChange={(topic) => set({ topic })} />
      </div>
      <Field
        label="Заголовок"
        value={form.title}
        maxLength={200}
        isRequired
        onChange={(title) => set({ title })}
        error={errors.get("document.title")}
      />
      <Lines
        label="Текст"
        help="Пустая строка отделяет одну мысль от другой: каждая находится сама по себе."
        value={form.text}
        onChange={(text) => set({ text })}
        error={errors.get("document.text")}
        rows={10}
      />
      <Field
        label="Теги"
        help="Через запятую: слова, по которым запись находится, хотя в тексте их нет."
        value={form.tags}
        onChange={(tags) => set({ tags })}
        error={errors.get("document.tags")}
      />
    </>
  );
}

export function ProductFields({
  form,
  errors,
  onChange,
  isNew,
}: FieldsProps<ProductForm> & { isNew: boolean }) {
  const set = (part: Partial<ProductForm>) => onChange({ ...form, ...part });
  const isNoPrice = form.price.trim() !== "" && minorOf(form.price) === null;
  const priceError = isNoPrice
    ? "Нужна цена в рублях, например 1290 или 1290,50."
    : errors.get("product.price.amount_minor");
  return (
    <>
      <div className={styles.fields}>
        <Field
          label="Артикул"
          help={isNew ? "Потом не меняется." : "Не меняется: у другого артикула своя запись."}
          value={form.article}
          maxLength={200}
          isRequired
          isReadOnly={!isNew}
          onChange={(article) => set({ article })}
          error={errors.get("product.article")}
        />
        <Field
          label="Артикулы площадок"
          help="Через запятую, если площадка знает товар под другим номером."
          value={form.marketplaceArticles}
          onChange={(marketplaceArticles) => set({ marketplaceArticles })}
          error={errors.get("product.marketplace_articles")}
        />
      </div>
      <Field
        label="Название"
        value={form.name}
        maxLength={200}
        isRequired
        onChange={(name) => set({ name })}
        error={errors.get("product.name")}
      />
      <div className={styles.fields}>
        <Field label="Цена, ₽" value={form.price} onChange={(price) => set({ price })} error={priceError} />
        <Field
          label="Варианты"
          help="Через запятую: цвета, размеры."
          value={form.variants}
          onChange={(variants) => set({ variants })}
          error={errors.get("product.variants")}
        />
        <Field
          label="Доставка"
          value={form.delivery}
          maxLength={200}
          onChange={(delivery) => set({ delivery })}
          error={errors.get("product.delivery")}
        />
        <Field
          label="Ссылка"
          help="Для вас: в ответы ссылки не попадают."
          value={form.link}
          maxLength={500}
          onChange={(link) => set({ link })}
          error={errors.get("product.link")}
        />
      </div>
      <div className={styles.bar}>
        <Choice
          label="Наличие"
          value={form.availability}
          options={AVAILABILITY}
          onChange={(availability) => set({ availability })}
        />
      </div>
      <Lines
        label="Факты"
        help="По одному в строке: «Состав: 100 % хлопок»."
        value={form.facts}
        onChange={(facts) => set({ facts })}
        error={[...errors].find(([field]) => field.startsWith("product.facts"))?.[1]}
        rows={4}
      />
      <Lines
        label="Описание"
        value={form.description}
        onChange={(description) => set({ description })}
        error={errors.get("product.description")}
        rows={4}
      />
      <Field
        label="Теги"
        value={form.tags}
        onChange={(tags) => set({ tags })}
        error={errors.get("product.tags")}
      />
    </>
  );
}
