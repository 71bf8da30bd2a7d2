package io.demitasse.spark;

import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.model.Architecture;
import io.demitasse.model.ModelConfig;
import java.io.FileNotFoundException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * What the transformers have in common: a model, texts in columns, and results behind the columns that are there. Rows
 * keep their order and all their columns.
 *
 * @param <T> the transformer itself
 */
public abstract class DemitasseTransformer<T extends DemitasseTransformer<T>> extends Transformer
        implements DefaultParamsWritable {

    /** A column that a transformer makes, and its name; not made if that is empty. */
    record Output(Param<String> name, DataType type) {
    }

    private final String uid;
    private final Param<String> model;
    private final Param<String> modelChecksum;
    private final Param<String> handleInvalid;
    private final Param<String> reasonCol;
    private final Param<String> kernels;
    private final Param<String> truncation;
    private final Param<String> int8Activations;
    private final BooleanParam splitSpecialTokens;
    private final IntParam batchSize;

    DemitasseTransformer(String uid) {
        this.uid = uid;
        model = new Param<>(uid, "model", "The model, a flat weight file: a path on the driver, or a URI that Hadoop "
                + "knows. It is shipped to each executor once");
        modelChecksum = new Param<>(uid, "modelChecksum", "The checksum that the model must have. Saved with the "
                + "transformer; not checked if not set");
        handleInvalid = oneOf("handleInvalid", "What becomes of rows whose text is null or cannot be read: keep them, "
                + "with null for a result, skip them, or end the job with an error", "keep", "skip", "error");
        reasonCol = new Param<>(uid, "reasonCol", "The column that says why a kept row has no result; none if empty");
        kernels = oneOf("kernels", "The kernels that compute; auto for the fastest that work on each executor",
                KernelChoice.names().toArray(new String[0]));
        truncation = oneOf("truncation", "What becomes of a text longer than the model reads: truncate its end, or "
                + "fail, which makes it a row that cannot be read", "truncate", "fail");
        int8Activations = oneOf("int8Activations", "How precisely products with int8 weights are computed; fast needs "
                + "executors whose processors can", "exact", "fast");
        splitSpecialTokens = new BooleanParam(uid, "splitSpecialTokens", "Whether [SEP], [MASK] and the like standing "
                + "in a text are plain text");
        batchSize = new IntParam(uid, "batchSize", "How many rows are given to the model together, at most; long texts "
                + "make it fewer", ParamValidators.gt(0));
    }

    /** To be called by constructors at their end: Spark asks for all parameters at the first default that is set. */
    final void setDefaults(String reason) {
        setDefault(handleInvalid, "keep");
        setDefault(reasonCol, reason);
        setDefault(kernels, KernelChoice.AUTO);
        setDefault(truncation, "truncate");
        setDefault(int8Activations, "exact");
        setDefault(splitSpecialTokens, false);
        setDefault(batchSize, 256);
    }

    /** A parameter that has one of some values. */
    final Param<String> oneOf(String name, String doc, String... values) {
        return new Param<>(uid, name, doc + ". One of " + String.join(", ", values),
                ParamValidators.inArray(Arrays.asList(values)));
    }

    @Override
    public String uid() {
        return uid;
    }

    public Param<String> model() {
        return model;
    }

    public Param<String> modelChecksum() {
        return modelChecksum;
    }

    public Param<String> handleInvalid() {
        return handleInvalid;
    }

    public Param<String> reasonCol() {
        return reasonCol;
    }

    public Param<String> kernels() {
        return kernels;
    }

    public Param<String> truncation() {
        return truncation;
    }

    public Param<String> int8Activations() {
        return int8Activations;
    }

    public BooleanParam splitSpecialTokens() {
        return splitSpecialTokens;
    }

    public IntParam batchSize() {
        return batchSize;
    }

    /** The flat weight file: a path on the driver, or a URI that Hadoop knows. Another's checksum is forgotten. */
    public T setModel(String value) {
        clear(modelChecksum);
        return with(model, value);
    }

    /** The checksum that the model must have; to be set after the model. */
    public T setModelChecksum(String value) {
        return with(modelChecksum, value);
    }

    /** {@code keep} (the default), {@code skip} or {@code error}. */
    public T setHandleInvalid(String value) {
        return with(handleInvalid, value);
    }

    public T setReasonCol(String value) {
        return with(reasonCol, value);
    }

    public T setKernels(String value) {
        return with(kernels, value);
    }

    /** {@code truncate} (the default) or {@code fail}. */
    public T setTruncation(String value) {
        return with(truncation, value);
    }

    /** {@code exact} (the default) or {@code fast}. */
    public T setInt8Activations(String value) {
        return with(int8Activations, value);
    }

    public T setSplitSpecialTokens(boolean value) {
        return with(splitSpecialTokens, value);
    }

    public T setBatchSize(int value) {
        return with(batchSize, value);
    }

    public String getModel() {
        return $(model);
    }

    @SuppressWarnings("unchecked")
    final <V> T with(Param<V> param, V value) {
        set(param, value);
        return (T) this;
    }

    /** The parameters that name the columns of texts; one that is not set is for a column that need not be. */
    abstract List<Param<String>> inputs();

    /** The columns that {@link #task} makes, in its order. */
    abstract List<Output> outputs();

    abstract RowTask task();

    /** Why the model cannot do this, or null if it can. */
    abstract @Nullable String misfit(FlatFile file);

    /** {@link #misfit(FlatFile)} for what needs one kind of model. */
    static @Nullable String misfit(FlatFile file, Architecture needed, String what) {
        ModelConfig config = ModelConfig.of(file);
        return config.architecture() == needed ? null : "does not " + what + ": it is a "
                + config.architecture().className(config.modelType());
    }

    /**
     * The columns that there are, and those that this makes.
     *
     * @throws IllegalArgumentException if an input column is missing or holds no strings, or an output column is there
     */
    @Override
    public StructType transformSchema(StructType schema) {
        for (String name : inputNames()) {
            int column = Arrays.asList(schema.fieldNames()).indexOf(name);
            if (column < 0) {
                throw new IllegalArgumentException(uid + ": there is no column " + name + ", only "
                        + String.join(", ", schema.fieldNames()));
            }
            DataType type = schema.fields()[column].dataType();
            if (!type.equals(DataTypes.StringType)) {
                throw new IllegalArgumentException(uid + ": column " + name + " must hold strings, not "
                        + type.simpleString());
            }
        }
        StructType result = schema;
        for (Output output : outputs()) {
            result = added(result, output.name, output.type);
        }
        return givesReasons() ? added(result, reasonCol, DataTypes.StringType) : result;
    }

    private StructType added(StructType schema, Param<String> param, DataType type) {
        String name = $(param);
        if (name.isEmpty()) {
            return schema;
        }
        if (Arrays.asList(schema.fieldNames()).contains(name)) {
            throw new IllegalArgumentException(uid + ": there is a column " + name + " already: set " + param.name()
                    + " to another name, or to \"\" for no such column");
        }
        return schema.add(name, type, true);
    }

    private boolean givesReasons() {
        return $(handleInvalid).equals("keep") && !$(reasonCol).isEmpty();
    }

    private List<String> inputNames() {
        List<String> names = new ArrayList<>();
        for (Param<String> input : inputs()) {
            if (isDefined(input)) {
                names.add($(input));
            }
        }
        if (names.isEmpty()) {
            throw new IllegalArgumentException(uid + ": " + inputs().get(0).name() + " is not set");
        }
        return names;
    }

    /**
     * The rows with the model's results. Nothing is computed before they are asked for; the model is checked at once.
     *
     * @throws ModelFormatException if the model is missing, damaged, or another than it must be
     * @throws IllegalArgumentException as {@link #transformSchema}, and if the model is not for this
     */
    @Override
    public Dataset<Row> transform(Dataset<?> dataset) {
        StructType schema = dataset.schema();
        StructType result = transformSchema(schema);
        SparkSession spark = dataset.sparkSession();
        DriverModel own = driverModel(spark);
        try (FlatFile file = FlatFile.open(own.file())) {
            String misfit = misfit(file);
            if (misfit != null) {
                throw new IllegalArgumentException(uid + ": the model " + getModel() + " " + misfit);
            }
        }
        ScoredRows.Plan plan = plan(own, own.ship(spark.sparkContext()), schema);
        Dataset<Row> scored = dataset.toDF().mapPartitions(
                (MapPartitionsFunction<Row, Row>) rows -> new ScoredRows(rows, plan), Encoders.row(result));
        return withMetadata(scored, schema);
    }

    private ScoredRows.Plan plan(DriverModel own, Broadcast<byte[]> file, StructType schema) {
        List<String> names = inputNames();
        int[] columns = names.stream().mapToInt(Arrays.asList(schema.fieldNames())::indexOf).toArray();
        List<Integer> used = new ArrayList<>();
        for (int o = 0; o < outputs().size(); o++) {
            if (!$(outputs().get(o).name).isEmpty()) {
                used.add(o);
            }
        }
        ModelSpec spec = new ModelSpec(own.checksum(), $(kernels), $(truncation), (Boolean) $(splitSpecialTokens),
                $(int8Activations));
        return new ScoredRows.Plan(spec, file, task(), columns, names.toArray(new String[0]),
                used.stream().mapToInt(Integer::intValue).toArray(), $(handleInvalid), givesReasons(),
                (Integer) $(batchSize));
    }

    /** What other stages wrote about their columns, which rows do not carry. */
    private static Dataset<Row> withMetadata(Dataset<Row> rows, StructType schema) {
        Dataset<Row> result = rows;
        for (StructField field : schema.fields()) {
            if (!field.metadata().equals(Metadata.empty())) {
                result = result.withMetadata(field.name(), field.metadata());
            }
        }
        return result;
    }

    /** The model, copied and checked; if it is gone since it was loaded, as when it is saved over itself, its copy. */
    final DriverModel driverModel(SparkSession spark) {
        try {
            return arrivedModel(spark);
        } catch (ModelFormatException e) {
            DriverModel known = isSet(modelChecksum) ? DriverModel.known($(modelChecksum)) : null;
            if (known == null || !(e.getCause() instanceof FileNotFoundException)) {
                throw e;
            }
            return known;
        }
    }

    /** The model as it lies where {@code model} says, now. */
    final DriverModel arrivedModel(SparkSession spark) {
        if (!isSet(model)) {
            throw new IllegalArgumentException(uid + ": model is not set: name a flat weight file");
        }
        DriverModel own = DriverModel.of(getModel(), spark.sparkContext().hadoopConfiguration());
        if (isSet(modelChecksum) && !$(modelChecksum).equals(own.checksum())) {
            throw ModelFormatException.of(DriverModel.named(getModel()), "it has changed: the model's checksum",
                    $(modelChecksum), own.checksum());
        }
        return own;
    }

    @Override
    public T copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    /** Writes the parameters, as Spark's own stages do, and the model beside them. */
    @Override
    public MLWriter write() {
        return new ModelWriter(this);
    }

    /** A writer of the parameters alone. */
    final MLWriter metadataWriter() {
        return DefaultParamsWritable.super.write();
    }
}
