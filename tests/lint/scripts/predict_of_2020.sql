-- As the samples of 2020 were written, and as they were copied since.
CREATE TABLE [dbo].[Models]
(
	[Id] [int] IDENTITY(1,1) NOT NULL,
	[Model] [varbinary](max) NULL,
	[Description] [varchar](200) NULL
)
WITH
(
	DISTRIBUTION = ROUND_ROBIN,
	CLUSTERED COLUMNSTORE INDEX
)
GO

SELECT d.*, p.*
FROM PREDICT(MODEL = (SELECT Model FROM dbo.Models WHERE Id = 1),
             DATA = dbo.nyc_taxi AS d) WITH (tipped varchar(10)) AS p;
GO

CREATE PROCEDURE [dbo].[predict_tip]
AS
BEGIN
	SELECT
		CAST([fareAmount] AS [real]) AS [fareAmount],
		CAST([paymentType] AS [varchar]) AS [paymentType]
	INTO [#nyc_taxi]
	FROM [dbo].[nyc_taxi];

	DECLARE @model varbinary(max) = (SELECT Model FROM dbo.Models);

	SELECT *
	FROM PREDICT (MODEL = @model, DATA = [#nyc_taxi], RUNTIME = ONNX)
	WITH ([variable_out1] [real]);
END
GO

SELECT TOP 10 p.score
FROM PREDICT(MODEL = (SELECT Model FROM dbo.Models),
             DATA = (SELECT CAST(fare AS real) AS fare FROM dbo.trips) AS d,
             RUNTIME = ONNX) WITH (score real) AS p;
