# Salaries of beginners by level of studies. Run: Rscript metiers.R http://127.0.0.1:8000
base <- commandArgs(trailingOnly = TRUE)[1]
fiches <- read.csv2(paste0(base, "/api/v1/metiers.csv"), fileEncoding = "UTF-8-BOM", na.strings = "")
print(aggregate(salaire_min ~ niveau, data = fiches, FUN = median))
cat(nrow(fiches), "fiches\n")
