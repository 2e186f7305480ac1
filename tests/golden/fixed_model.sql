-- create schema ml
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
IF SCHEMA_ID(N'ml') IS NULL
    EXEC(N'CREATE SCHEMA [ml]');

GO
-- create or check table ml.models
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
IF OBJECT_ID(N'[ml].[models]', N'U') IS NULL
    CREATE TABLE [ml].[models] (
        [ID] nvarchar(1024) NOT NULL,
        [name] nvarchar(1024) NOT NULL,
        [description] nvarchar(1024),
        [version] int,
        [created_time] datetime2(7),
        [created_by] nvarchar(128),
        [framework] nvarchar(64),
        [model] varbinary(max),
        [inputs_schema] nvarchar(max),
        [outputs_schema] nvarchar(max)
    ) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN);

-- It may have been there before: every column that is not as it has to be is named.
DECLARE @wrong nvarchar(4000) = (
    SELECT
        MAX(CASE WHEN [name] = N'ID' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'name' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'description' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'version' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'created_time' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'created_by' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'framework' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'model' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'inputs_schema' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'outputs_schema' THEN [wrong] ELSE N'' END)
    FROM (
        SELECT [e].[name], N'; column ' + [e].[name] + N' has to be ' + [e].[type] + N' and is ' + COALESCE([f].[type], N'not there') AS [wrong]
        FROM (
            SELECT N'ID' AS [name], N'nvarchar(1024)' AS [type]
            UNION ALL SELECT N'name' AS [name], N'nvarchar(1024)' AS [type]
            UNION ALL SELECT N'description' AS [name], N'nvarchar(1024)' AS [type]
            UNION ALL SELECT N'version' AS [name], N'int' AS [type]
            UNION ALL SELECT N'created_time' AS [name], N'datetime2(7)' AS [type]
            UNION ALL SELECT N'created_by' AS [name], N'nvarchar(128)' AS [type]
            UNION ALL SELECT N'framework' AS [name], N'nvarchar(64)' AS [type]
            UNION ALL SELECT N'model' AS [name], N'varbinary(max)' AS [type]
            UNION ALL SELECT N'inputs_schema' AS [name], N'nvarchar(max)' AS [type]
            UNION ALL SELECT N'outputs_schema' AS [name], N'nvarchar(max)' AS [type]
        ) AS [e]
        LEFT JOIN (
            SELECT [COLUMN_NAME] AS [name], [DATA_TYPE] + CASE
                WHEN [CHARACTER_MAXIMUM_LENGTH] = -1 THEN N'(max)'
                WHEN COALESCE([CHARACTER_MAXIMUM_LENGTH], [DATETIME_PRECISION]) IS NULL THEN N''
                ELSE N'(' + CAST(COALESCE([CHARACTER_MAXIMUM_LENGTH], [DATETIME_PRECISION]) AS nvarchar(10)) + N')'
            END AS [type]
            FROM [INFORMATION_SCHEMA].[COLUMNS]
            WHERE [TABLE_SCHEMA] = N'ml' AND [TABLE_NAME] = N'models'
        ) AS [f] ON [f].[name] = [e].[name]
        WHERE [f].[type] IS NULL OR [f].[type] <> [e].[type]
    ) AS [w]
);
IF EXISTS (
    SELECT 1 FROM [INFORMATION_SCHEMA].[COLUMNS]
    WHERE [TABLE_SCHEMA] = N'ml' AND [TABLE_NAME] = N'models' AND [IS_NULLABLE] = N'NO'
        AND [COLUMN_NAME] NOT IN (N'ID', N'name', N'description', N'version', N'created_time', N'created_by', N'framework', N'model', N'inputs_schema', N'outputs_schema')
)
    SET @wrong = COALESCE(@wrong, N'') + N'; it has a column of its own that is NOT NULL';
IF @wrong <> N''
BEGIN
    SET @wrong = N'table ml.models is not as it has to be' + @wrong;
    THROW 51006, @wrong, 1;
END;

GO
-- create or check table ml.models_aliases
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
IF OBJECT_ID(N'[ml].[models_aliases]', N'U') IS NULL
    CREATE TABLE [ml].[models_aliases] (
        [name] nvarchar(1024) NOT NULL,
        [alias] nvarchar(128) NOT NULL,
        [model_id] nvarchar(1024) NOT NULL,
        [version] int,
        [sha256] char(64),
        [number] bigint NOT NULL,
        [changed_time] datetime2(7),
        [changed_by] nvarchar(128)
    ) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN);

-- It may have been there before: every column that is not as it has to be is named.
DECLARE @wrong nvarchar(4000) = (
    SELECT
        MAX(CASE WHEN [name] = N'name' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'alias' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'model_id' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'version' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'sha256' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'number' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'changed_time' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'changed_by' THEN [wrong] ELSE N'' END)
    FROM (
        SELECT [e].[name], N'; column ' + [e].[name] + N' has to be ' + [e].[type] + N' and is ' + COALESCE([f].[type], N'not there') AS [wrong]
        FROM (
            SELECT N'name' AS [name], N'nvarchar(1024)' AS [type]
            UNION ALL SELECT N'alias' AS [name], N'nvarchar(128)' AS [type]
            UNION ALL SELECT N'model_id' AS [name], N'nvarchar(1024)' AS [type]
            UNION ALL SELECT N'version' AS [name], N'int' AS [type]
            UNION ALL SELECT N'sha256' AS [name], N'char(64)' AS [type]
            UNION ALL SELECT N'number' AS [name], N'bigint' AS [type]
            UNION ALL SELECT N'changed_time' AS [name], N'datetime2(7)' AS [type]
            UNION ALL SELECT N'changed_by' AS [name], N'nvarchar(128)' AS [type]
        ) AS [e]
        LEFT JOIN (
            SELECT [COLUMN_NAME] AS [name], [DATA_TYPE] + CASE
                WHEN [CHARACTER_MAXIMUM_LENGTH] = -1 THEN N'(max)'
                WHEN COALESCE([CHARACTER_MAXIMUM_LENGTH], [DATETIME_PRECISION]) IS NULL THEN N''
                ELSE N'(' + CAST(COALESCE([CHARACTER_MAXIMUM_LENGTH], [DATETIME_PRECISION]) AS nvarchar(10)) + N')'
            END AS [type]
            FROM [INFORMATION_SCHEMA].[COLUMNS]
            WHERE [TABLE_SCHEMA] = N'ml' AND [TABLE_NAME] = N'models_aliases'
        ) AS [f] ON [f].[name] = [e].[name]
        WHERE [f].[type] IS NULL OR [f].[type] <> [e].[type]
    ) AS [w]
);
IF EXISTS (
    SELECT 1 FROM [INFORMATION_SCHEMA].[COLUMNS]
    WHERE [TABLE_SCHEMA] = N'ml' AND [TABLE_NAME] = N'models_aliases' AND [IS_NULLABLE] = N'NO'
        AND [COLUMN_NAME] NOT IN (N'name', N'alias', N'model_id', N'version', N'sha256', N'number', N'changed_time', N'changed_by')
)
    SET @wrong = COALESCE(@wrong, N'') + N'; it has a column of its own that is NOT NULL';
IF @wrong <> N''
BEGIN
    SET @wrong = N'table ml.models_aliases is not as it has to be' + @wrong;
    THROW 51006, @wrong, 1;
END;

GO
-- create or check table ml.models_history
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
IF OBJECT_ID(N'[ml].[models_history]', N'U') IS NULL
    CREATE TABLE [ml].[models_history] (
        [number] bigint NOT NULL,
        [time] datetime2(7) NOT NULL,
        [who] nvarchar(128),
        [action] nvarchar(16) NOT NULL,
        [model_id] nvarchar(1024) NOT NULL,
        [name] nvarchar(1024) NOT NULL,
        [version] int,
        [alias] nvarchar(128),
        [previous] bigint,
        [sha256] char(64),
        [source] nvarchar(4000),
        [run_id] nvarchar(256),
        [tool] nvarchar(64)
    ) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN);

-- It may have been there before: every column that is not as it has to be is named.
DECLARE @wrong nvarchar(4000) = (
    SELECT
        MAX(CASE WHEN [name] = N'number' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'time' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'who' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'action' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'model_id' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'name' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'version' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'alias' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'previous' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'sha256' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'source' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'run_id' THEN [wrong] ELSE N'' END) +
        MAX(CASE WHEN [name] = N'tool' THEN [wrong] ELSE N'' END)
    FROM (
        SELECT [e].[name], N'; column ' + [e].[name] + N' has to be ' + [e].[type] + N' and is ' + COALESCE([f].[type], N'not there') AS [wrong]
        FROM (
            SELECT N'number' AS [name], N'bigint' AS [type]
            UNION ALL SELECT N'time' AS [name], N'datetime2(7)' AS [type]
            UNION ALL SELECT N'who' AS [name], N'nvarchar(128)' AS [type]
            UNION ALL SELECT N'action' AS [name], N'nvarchar(16)' AS [type]
            UNION ALL SELECT N'model_id' AS [name], N'nvarchar(1024)' AS [type]
            UNION ALL SELECT N'name' AS [name], N'nvarchar(1024)' AS [type]
            UNION ALL SELECT N'version' AS [name], N'int' AS [type]
            UNION ALL SELECT N'alias' AS [name], N'nvarchar(128)' AS [type]
            UNION ALL SELECT N'previous' AS [name], N'bigint' AS [type]
            UNION ALL SELECT N'sha256' AS [name], N'char(64)' AS [type]
            UNION ALL SELECT N'source' AS [name], N'nvarchar(4000)' AS [type]
            UNION ALL SELECT N'run_id' AS [name], N'nvarchar(256)' AS [type]
            UNION ALL SELECT N'tool' AS [name], N'nvarchar(64)' AS [type]
        ) AS [e]
        LEFT JOIN (
            SELECT [COLUMN_NAME] AS [name], [DATA_TYPE] + CASE
                WHEN [CHARACTER_MAXIMUM_LENGTH] = -1 THEN N'(max)'
                WHEN COALESCE([CHARACTER_MAXIMUM_LENGTH], [DATETIME_PRECISION]) IS NULL THEN N''
                ELSE N'(' + CAST(COALESCE([CHARACTER_MAXIMUM_LENGTH], [DATETIME_PRECISION]) AS nvarchar(10)) + N')'
            END AS [type]
            FROM [INFORMATION_SCHEMA].[COLUMNS]
            WHERE [TABLE_SCHEMA] = N'ml' AND [TABLE_NAME] = N'models_history'
        ) AS [f] ON [f].[name] = [e].[name]
        WHERE [f].[type] IS NULL OR [f].[type] <> [e].[type]
    ) AS [w]
);
IF EXISTS (
    SELECT 1 FROM [INFORMATION_SCHEMA].[COLUMNS]
    WHERE [TABLE_SCHEMA] = N'ml' AND [TABLE_NAME] = N'models_history' AND [IS_NULLABLE] = N'NO'
        AND [COLUMN_NAME] NOT IN (N'number', N'time', N'who', N'action', N'model_id', N'name', N'version', N'alias', N'previous', N'sha256', N'source', N'run_id', N'tool')
)
    SET @wrong = COALESCE(@wrong, N'') + N'; it has a column of its own that is NOT NULL';
IF @wrong <> N''
BEGIN
    SET @wrong = N'table ml.models_history is not as it has to be' + @wrong;
    THROW 51006, @wrong, 1;
END;

GO
-- create table ml.models_lock
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
-- The table comes with its one row, so that there is never one without.
IF OBJECT_ID(N'[ml].[models_lock]', N'U') IS NULL
CREATE TABLE [ml].[models_lock] WITH (HEAP, DISTRIBUTION = ROUND_ROBIN) AS
    SELECT COALESCE(MAX([number]), CAST(0 AS bigint)) AS [number] FROM [ml].[models_history];

GO
-- create the table of what was there before
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
IF OBJECT_ID(N'[ml].[models_before]', N'U') IS NULL
    CREATE TABLE [ml].[models_before] (
        [model_id] nvarchar(1024) NOT NULL,
        [object] nvarchar(1024) NOT NULL,
        [definition] nvarchar(max),
        [saved_time] datetime2(7) NOT NULL
    ) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN);

GO
-- save whether the model is there
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
BEGIN TRY
    BEGIN TRANSACTION;
    -- Here a change waits for the one before it. The lock ends with the transaction, also where a session dies.
    UPDATE [ml].[models_lock] SET [number] = [number] + 1;
    DECLARE @number bigint = (SELECT MAX([number]) FROM [ml].[models_lock]);
    IF @number IS NULL
        THROW 51006, N'ml.models_lock has no row: drop it, and apply again', 1;
    IF NOT EXISTS (SELECT 1 FROM [ml].[models] WHERE [ID] = N'nyc_taxi_tip:3')
        AND NOT EXISTS (SELECT 1 FROM [ml].[models_before] WHERE [model_id] = N'nyc_taxi_tip:3' AND [object] = N'[ml].[models]')
        INSERT INTO [ml].[models_before] ([model_id], [object], [definition], [saved_time])
        SELECT N'nyc_taxi_tip:3', N'[ml].[models]', NULL, SYSUTCDATETIME();
    COMMIT TRANSACTION;
END TRY
BEGIN CATCH
    IF @@TRANCOUNT > 0
        ROLLBACK TRANSACTION;
    THROW;
END CATCH;

GO
-- store the model
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
BEGIN TRY
    BEGIN TRANSACTION;
    -- Here a change waits for the one before it. The lock ends with the transaction, also where a session dies.
    UPDATE [ml].[models_lock] SET [number] = [number] + 1;
    DECLARE @number bigint = (SELECT MAX([number]) FROM [ml].[models_lock]);
    IF @number IS NULL
        THROW 51006, N'ml.models_lock has no row: drop it, and apply again', 1;
    IF NOT EXISTS (SELECT 1 FROM [ml].[models] WHERE [ID] = N'nyc_taxi_tip:3')
    BEGIN
        INSERT INTO [ml].[models_history] (
            [number], [time], [who], [action], [model_id], [name], [version], [sha256], [source], [run_id], [tool]
        )
        SELECT
            @number, SYSUTCDATETIME(), SUSER_SNAME(), N'store', N'nyc_taxi_tip:3', N'nyc_taxi_tip',
            3, N'{sha256}', N'', NULL,
            N'deployer 0.1.0';
        INSERT INTO [ml].[models] (
            [ID], [name], [description], [version], [created_time], [created_by], [framework],
            [inputs_schema], [outputs_schema], [model]
        )
        SELECT
            N'nyc_taxi_tip:3', N'nyc_taxi_tip', N'SHA-256 {sha256}; fixed: wide-input, version-too-new', 3,
            SYSUTCDATETIME(), SUSER_SNAME(), N'onnx',
            N'[{"name": "fareAmount", "type": "float"}, {"name": "passengerCount", "type": "int64"}, {"name": "paymentType", "type": "string"}]',
            N'[{"name": "score", "type": "float"}, {"name": "label", "type": "int64"}, {"name": "payment", "type": "string"}]',
            CAST(0x{content} AS varbinary(max));
    END;
    COMMIT TRANSACTION;
END TRY
BEGIN CATCH
    IF @@TRANCOUNT > 0
        ROLLBACK TRANSACTION;
    THROW;
END CATCH;

GO
-- verify the stored model
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
DECLARE @rows int = (
    SELECT COUNT(*) FROM [ml].[models] WHERE [ID] = N'nyc_taxi_tip:3'
);
IF @rows <> 1
    THROW 51001, N'ml.models does not hold exactly one row of model nyc_taxi_tip:3', 1;
DECLARE @same int = (
    SELECT COUNT(*) FROM [ml].[models]
    WHERE [ID] = N'nyc_taxi_tip:3'
        AND DATALENGTH([model]) = {size}
        AND HASHBYTES('SHA2_256', [model]) = 0x{SHA256}
);
IF @same <> 1
    THROW 51002, N'ml.models holds other bytes as model nyc_taxi_tip:3; a stored version never changes: deploy under a new version', 1;

GO
-- save what is there as ml.nyc_taxi_tip_scores
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
BEGIN TRY
    BEGIN TRANSACTION;
    -- Here a change waits for the one before it. The lock ends with the transaction, also where a session dies.
    UPDATE [ml].[models_lock] SET [number] = [number] + 1;
    DECLARE @number bigint = (SELECT MAX([number]) FROM [ml].[models_lock]);
    IF @number IS NULL
        THROW 51006, N'ml.models_lock has no row: drop it, and apply again', 1;
    -- The version that was saved for last is the one that made what is there now.
    DECLARE @deployer_holder nvarchar(1024) = (
        SELECT MAX([model_id]) FROM [ml].[models_before]
        WHERE [object] = N'[ml].[nyc_taxi_tip_scores]' AND [saved_time] = (
            SELECT MAX([saved_time]) FROM [ml].[models_before] WHERE [object] = N'[ml].[nyc_taxi_tip_scores]'
        )
    );
    DECLARE @deployer_definition nvarchar(max) = (
        SELECT [definition] FROM [sys].[sql_modules] WHERE [object_id] = OBJECT_ID(N'[ml].[nyc_taxi_tip_scores]')
    );
    IF @deployer_holder IS NULL OR @deployer_holder <> N'nyc_taxi_tip:3'
    BEGIN
        IF OBJECT_ID(N'[ml].[nyc_taxi_tip_scores]') IS NOT NULL AND @deployer_definition IS NULL
            THROW 51009, N'the definition of ml.nyc_taxi_tip_scores cannot be read, so it could not be brought back: VIEW DEFINITION is needed', 1;
        DELETE FROM [ml].[models_before] WHERE [model_id] = N'nyc_taxi_tip:3' AND [object] = N'[ml].[nyc_taxi_tip_scores]';
        INSERT INTO [ml].[models_before] ([model_id], [object], [definition], [saved_time])
        SELECT N'nyc_taxi_tip:3', N'[ml].[nyc_taxi_tip_scores]', @deployer_definition, SYSUTCDATETIME();
    END;
    COMMIT TRANSACTION;
END TRY
BEGIN CATCH
    IF @@TRANCOUNT > 0
        ROLLBACK TRANSACTION;
    THROW;
END CATCH;

GO
-- drop view ml.nyc_taxi_tip_scores
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
IF OBJECT_ID(N'[ml].[nyc_taxi_tip_scores]', N'V') IS NOT NULL
    DROP VIEW [ml].[nyc_taxi_tip_scores];

GO
-- create view ml.nyc_taxi_tip_scores
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
-- What follows has SHA-256 9092546a47f21e0f3a19900f33cba97a410e0f3ca98d2bdbe2f780ebc5756d99.
CREATE VIEW [ml].[nyc_taxi_tip_scores] AS
WITH [deployer_rows] AS (
    SELECT
        [trip_id] AS [trip_id],
        CAST([fareAmount] AS real) AS [fareAmount],
        CAST([passengerCount] AS bigint) AS [passengerCount],
        CAST([paymentType] AS varchar(20)) AS [paymentType]
    FROM [dbo].[nyc_taxi]
)
SELECT
    [d].[trip_id] AS [trip_id],
    [p].[score] AS [score],
    [p].[label] AS [label],
    [p].[payment] AS [payment]
FROM PREDICT(
    MODEL = (SELECT [model] FROM [ml].[models] WHERE [ID] = N'nyc_taxi_tip:3'),
    DATA = [deployer_rows] AS [d],
    RUNTIME = ONNX
) WITH (
    [score] real,
    [label] bigint,
    [payment] varchar(8000)
) AS [p];

GO
-- note what is published
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
BEGIN TRY
    BEGIN TRANSACTION;
    -- Here a change waits for the one before it. The lock ends with the transaction, also where a session dies.
    UPDATE [ml].[models_lock] SET [number] = [number] + 1;
    DECLARE @number bigint = (SELECT MAX([number]) FROM [ml].[models_lock]);
    IF @number IS NULL
        THROW 51006, N'ml.models_lock has no row: drop it, and apply again', 1;
    IF (SELECT COUNT(*) FROM [ml].[models] WHERE [ID] = N'nyc_taxi_tip:3') <> 1
        THROW 51001, N'ml.models does not hold exactly one row of model nyc_taxi_tip:3', 1;
    IF NOT EXISTS (
        SELECT 1 FROM [ml].[models_history]
        WHERE [model_id] = N'nyc_taxi_tip:3' AND [number] = (
            SELECT MAX([number]) FROM [ml].[models_history]
            WHERE [action] = N'publish' AND [name] = N'nyc_taxi_tip'
        )
    )
        INSERT INTO [ml].[models_history] (
            [number], [time], [who], [action], [model_id], [name], [version], [sha256], [source], [run_id], [tool]
        )
        SELECT
            @number, SYSUTCDATETIME(), SUSER_SNAME(), N'publish', N'nyc_taxi_tip:3', N'nyc_taxi_tip',
            3, N'{sha256}', N'', NULL,
            N'deployer 0.1.0';
    COMMIT TRANSACTION;
END TRY
BEGIN CATCH
    IF @@TRANCOUNT > 0
        ROLLBACK TRANSACTION;
    THROW;
END CATCH;

GO
-- score through ml.nyc_taxi_tip_scores
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
SELECT
    [trip_id],
    [score],
    [label],
    [payment]
FROM [ml].[nyc_taxi_tip_scores]
ORDER BY [trip_id];

GO
-- read the rows of dbo.nyc_taxi
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
WITH [deployer_rows] AS (
    SELECT
        [trip_id] AS [trip_id],
        CAST([fareAmount] AS real) AS [fareAmount],
        CAST([passengerCount] AS bigint) AS [passengerCount],
        CAST([paymentType] AS varchar(20)) AS [paymentType]
    FROM [dbo].[nyc_taxi]
)
SELECT
    [trip_id],
    [fareAmount],
    [passengerCount],
    [paymentType]
FROM [deployer_rows]
ORDER BY [trip_id];

GO
-- read the stored model's size and SHA-256
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
SELECT DATALENGTH([model]) AS [size], HASHBYTES('SHA2_256', [model]) AS [digest]
FROM [ml].[models]
WHERE [ID] = N'nyc_taxi_tip:3';

GO
-- read the stored model
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
SELECT [model]
FROM [ml].[models]
WHERE [ID] = N'nyc_taxi_tip:3';
