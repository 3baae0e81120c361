"""« Presse du Matin »: a small newspaper's site that sells articles one by one, through the merchants' client and nothing else."""
